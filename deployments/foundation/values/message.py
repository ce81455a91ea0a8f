"""The base of everything that crosses a boundary between services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Cents = Annotated[int, Field(ge=0, description="An amount in the currency's minor unit.")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="An ISO 4217 code.")]
StepKey = Annotated[str, Field(pattern=r"^[\w.-]+:[\w.-]+$", description="`saga:step`.")]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""After the `Field` of a strict integer: takes 2.0 for 2, as JSON Schema does."""


def is_none(value: object) -> bool:
    """For an optional field that costs nothing where there is nothing: `exclude_if`."""
    return value is None


class Message(BaseModel):
    """A frozen value. Unknown fields are ignored, so that a newer dependency may send more.

    What a message holds never shows in an error: it may be a secret.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


M = TypeVar("M", bound=Message)


def readable(message: type[M], stored: str | Mapping[str, Any] | None) -> M | None:
    """What was stored as JSON or as a hash; none where that is nothing or no such message."""
    if not stored:
        return None
    try:
        if isinstance(stored, str):
            return message.model_validate_json(stored)
        return message.model_validate(stored)
    except ValidationError:
        return None
