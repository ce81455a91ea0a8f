"""Business "no"s, which travel between services as data and are raised again on arrival.

A rejection travels under a code that its contract registers, `service.reason`, and that stays what
it is when classes and modules are renamed: stored sagas and callers of other versions know it.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

_CODE = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")
_PUBLIC_CODE = "public_code"
_registered: dict[str, type[Rejection]] = {}
_log = logging.getLogger(__name__)


class BadRejectionCodeError(TypeError):
    """A rejection's class has no code, one of another form, or that of another class."""


@dataclass(eq=False)
class Rejection(Exception):  # noqa: N818 - a rejection is an answer, not an error.
    """The answer "no", with a sentence that tells the caller what to do.

    A contract declares its own as dataclasses with `eq=False`, each with a `code` that is unique in
    the store; their fields must be types that pydantic can write as JSON. `public_code` is what a
    client sees: the part of the code after the service, or what a public protocol calls it.

    An instance of this class itself is one that no contract here declares: a newer dependency's.
    """

    sentence: str
    code: ClassVar[str] = "store.rejected"
    public_code: ClassVar[str] = "rejected"

    def __init_subclass__(cls) -> None:
        """Register the class under its code. Raises `BadRejectionCodeError`."""
        code = vars(cls).get("code", "")
        if not _CODE.fullmatch(code):
            raise BadRejectionCodeError(
                f"{cls.__name__} needs a code such as inventory.out: {code}"
            )
        other = _registered.setdefault(code, cls)
        if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise BadRejectionCodeError(f"{code} is the code of {other.__name__} already")
        _registered[code] = cls
        if _PUBLIC_CODE not in vars(cls):
            cls.public_code = _public(code)

    def __str__(self) -> str:
        return self.sentence


def _public(code: str) -> str:
    return code.partition(".")[2] if _CODE.fullmatch(code) else Rejection.public_code


def to_wire(rejection: Rejection) -> tuple[str, bytes]:
    """A rejection as its code and JSON."""
    fields = TypeAdapter[Any](type(rejection)).dump_python(rejection, mode="json")
    return rejection.code, to_json({**fields, _PUBLIC_CODE: rejection.public_code})


def from_wire(code: str, body: bytes) -> Rejection:
    """The rejection that `to_wire` wrote, here or in another version of the store.

    One that is not declared here, or has other fields there, is a plain `Rejection` with its code,
    its public code and its sentence: a caller treats it as any "no" that it does not tell apart.
    """
    kind = _registered.get(code)
    if kind is not None:
        try:
            rejection: Rejection = TypeAdapter[Any](kind).validate_json(body)
        except ValidationError:
            _log.warning("a rejection %s has other fields than it has here", code)
        else:
            return rejection
    return _undeclared(code, body)


def _undeclared(code: str, body: bytes) -> Rejection:
    told = from_json(body)
    rejection = Rejection(told["sentence"])
    # Class attributes of every declared rejection; this one's class does not know them.
    vars(rejection).update(code=code, public_code=told.get(_PUBLIC_CODE) or _public(code))
    return rejection


@dataclass(eq=False)
class StepUndone(Rejection):
    """The step was undone before it arrived, so it must not take effect any more."""

    code: ClassVar[str] = "saga.step_undone"
