"""Business "no"s, which travel between rooms as data and are raised again on arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter

_KNOWN: dict[str, type[Refusal]] = {}


def name_of(kind: type[Refusal]) -> str:
    """The name under which a refusal travels: `module:Class`."""
    return f"{kind.__module__}:{kind.__qualname__}"


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error.
    """The answer "no", with a sentence that tells the caller what to do.

    A contract declares its own as dataclasses with `eq=False`; their fields must be types that
    pydantic can write as JSON. `code` is what a client sees.
    """

    sentence: str
    code: ClassVar[str] = "refused"

    def __init_subclass__(cls) -> None:
        """Remember the class under its full name, which is how it is spelled on the wire."""
        _KNOWN[name_of(cls)] = cls

    def __str__(self) -> str:
        return self.sentence


def to_wire(refusal: Refusal) -> tuple[str, bytes]:
    """A refusal as its name and JSON."""
    return name_of(type(refusal)), TypeAdapter[Any](type(refusal)).dump_json(refusal)


def from_wire(name: str, body: bytes) -> Refusal:
    """The refusal that `to_wire` wrote; one that no imported contract declares is a bug."""
    refusal: Refusal = TypeAdapter[Any](_KNOWN[name]).validate_json(body)
    return refusal


@dataclass(eq=False)
class StepUndone(Refusal):
    """The step was undone before it arrived, so it must not take effect any more."""

    code: ClassVar[str] = "step_undone"
