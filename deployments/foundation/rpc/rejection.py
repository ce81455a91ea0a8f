"""Business "no"s, which travel between services as data and are raised again on arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter

_KNOWN: dict[str, type[Rejection]] = {}


def name_of(kind: type[Rejection]) -> str:
    """The name under which a rejection travels: `module:Class`."""
    return f"{kind.__module__}:{kind.__qualname__}"


@dataclass(eq=False)
class Rejection(Exception):  # noqa: N818 - a rejection is an answer, not an error.
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


def to_wire(rejection: Rejection) -> tuple[str, bytes]:
    """A rejection as its name and JSON."""
    return name_of(type(rejection)), TypeAdapter[Any](type(rejection)).dump_json(rejection)


def from_wire(name: str, body: bytes) -> Rejection:
    """The rejection that `to_wire` wrote; one that no imported contract declares is a bug."""
    rejection: Rejection = TypeAdapter[Any](_KNOWN[name]).validate_json(body)
    return rejection


@dataclass(eq=False)
class StepUndone(Rejection):
    """The step was undone before it arrived, so it must not take effect any more."""

    code: ClassVar[str] = "step_undone"
