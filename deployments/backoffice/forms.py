"""Forms: what was typed, as the model that an action takes, or what is wrong beside each field.

What was typed is kept, so that a form which is shown again has lost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from deployments.backoffice.language import Language, message
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.bodies import read_bounded

MOST_FIELDS = 400
CSRF_FIELD = "csrf"
_URLENCODED = "application/x-www-form-urlencoded"
_SECRET = ("password", "code", "token")
"""Fields with such a name are never shown again."""

M = TypeVar("M", bound=BaseModel)

# What the model says of a field, as a sentence; the values are the model's own bounds.
_SENTENCES = {
    "missing": message("Fill this in."),
    "string_too_short": message("Fill this in: %(min_length)s characters at least."),
    "string_too_long": message("This is too long: %(max_length)s characters at most."),
    "string_pattern_mismatch": message("This has not the form that is asked for."),
    "int_parsing": message("Type a whole number."),
    "int_from_float": message("Type a whole number."),
    "decimal_parsing": message("Type a number."),
    "greater_than_equal": message("Type %(ge)s or more."),
    "less_than_equal": message("Type %(le)s or less."),
    "greater_than": message("Type more than %(gt)s."),
    "too_short": message("Choose one at least."),
    "too_long": message("Choose fewer."),
    "literal_error": message("Choose one of the list."),
    "enum": message("Choose one of the list."),
    "datetime_from_date_parsing": message("Type a date and a time."),
    "datetime_parsing": message("Type a date and a time."),
    "date_from_datetime_parsing": message("Type a date."),
}


class Removal(BaseModel):
    """Something that shall go, as it was seen, and why."""

    model_config = ConfigDict(hide_input_in_errors=True)
    revision: int = Field(ge=0)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


@dataclass(frozen=True)
class Form:
    """What was typed by field, and what is wrong with it: beside a field, or with the whole."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    def value(self, name: str, default: object = "") -> str:
        """What a field holds: what was typed, or else what there was before."""
        typed = self.values.get(name)
        if typed is None:
            return "" if default is None else str(default)
        return "" if name in _SECRET else typed[0]

    def chosen(self, name: str, default: Sequence[str] = ()) -> Sequence[str]:
        """What of several was ticked, or else what was before; an untouched form has no fields."""
        return self.values.get(name, ()) if self.values else default

    def without(self, name: str) -> Form:
        """The form as it is without one of its fields."""
        kept = {known: typed for known, typed in self.values.items() if known != name}
        return Form(kept, self.errors, self.error)

    def refused(self, error: str, *, at: str | None = None) -> Form:
        """The same form with what a service says against it, beside a field if it is about one."""
        if at is None:
            return Form(self.values, self.errors, error)
        return Form(self.values, {**self.errors, at: error}, self.error)


async def read_form(request: Request) -> Form:
    """What a browser sends for a form; 400 and 413 for what no form of ours is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _URLENCODED:
        raise ProtocolError(415, "unsupported_media_type", message("Send the form of the page."))
    body = await read_bounded(request)
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as mistake:
        raise ProtocolError(400, "invalid_request", message("This is no form.")) from mistake
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise ProtocolError(
                400, "invalid_request", message("A text must not hold a NUL character.")
            )
        values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(values)


def filled(model: type[M], form: Form, language: Language) -> tuple[M | None, Form]:
    """The form as a model; or none, and the form with what is wrong beside each field.

    A list takes all values of its field, anything else the first; a blank one counts as left out.
    The model may read the language from its validation context, as `language`.
    """
    given = {name: _given(model, name, values) for name, values in form.values.items()}
    given = {name: value for name, value in given.items() if value not in {"", None}}
    try:
        return model.model_validate(given, context={"language": language}), form
    except ValidationError as mistakes:
        errors: dict[str, str] = {}
        for mistake in mistakes.errors(include_url=False, include_input=False):
            place = str(mistake["loc"][0]) if mistake["loc"] else ""
            errors.setdefault(place, _sentence(mistake, language))
        whole = errors.pop("", None)
        return None, Form(form.values, errors, whole)


def _given(model: type[BaseModel], name: str, values: Sequence[str]) -> object:
    known = model.model_fields.get(name)
    several = known is not None and str(known.annotation).startswith(("tuple", "list"))
    if several:
        return tuple(one for one in values if one)
    return values[0] if "password" in name else values[0].strip()


def _sentence(mistake: ErrorDetails, language: Language) -> str:
    if mistake["type"] == "value_error":
        # A validator of a form's own: its sentence is a key of the catalogue.
        return language.text(mistake["msg"].removeprefix("Value error, "))
    sentence = _SENTENCES.get(mistake["type"], message("This is not valid."))
    return language.text(sentence) % mistake.get("ctx", {})
