"""Text that people write, as a request may bring it: bounded."""

from __future__ import annotations

import re
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from deployments.foundation.values.places import country_code

MAX_TEXT = 128
"""Characters of a name, or of a line of an address."""
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MAX_EMAIL = 254
_LONGEST_COUNTRY = 64


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _blank_is_none(value: Any) -> Any:  # noqa: ANN401 - whatever a client sends.
    return None if isinstance(value, str) and not value.strip() else value


def is_email(text: str) -> bool:
    """Whether mail can be addressed to this; nobody is asked whether it arrives."""
    try:
        as_email(text)
    except ValueError:
        return False
    return True


def as_email(text: str) -> str:
    """The address as it is mailed to. Raises `ValueError` if it is none."""
    if _BREAKS.search(text):
        raise ValueError("this is not an email address: there is a blank or a break in it")
    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized
    except EmailNotValidError as mistake:
        raise ValueError(f"this is not an email address: {mistake}") from None


def _country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise ValueError("this is not a country: send its ISO 3166-1 code, such as US")
    return code


BLANK_IS_NONE = BeforeValidator(_blank_is_none)
"""Takes a text of blanks alone for none."""
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_one_line)]
"""A name or a part of an address, as one line: breaks and control characters become blanks."""
Email = Annotated[
    str,
    StringConstraints(max_length=_MAX_EMAIL),
    AfterValidator(as_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": _MAX_EMAIL}),
]
"""An email address that mail can be sent to; nobody is asked whether it exists."""
Country = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=_LONGEST_COUNTRY),
    AfterValidator(_country),
]
"""A country as its ISO 3166-1 alpha-2 code; alpha-3 codes and English names are understood too."""
