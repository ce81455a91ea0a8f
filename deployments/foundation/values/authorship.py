"""Who changed what, and why: what every event about a change by staff carries.

A method that changes something for staff takes an `Author` and a reason. Its script, which knows
what was there before, publishes an event with a `Change` as one of its fields, `change`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, StringConstraints

from deployments.foundation.values.message import Message

MOST_RECORDED_BYTES = 4096
"""How much of what was before, and of what came after, a change tells."""
_LONGEST_TEXT = 500
_LONGEST_REASON = 500


def shortened(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The same values, where they fit; else long texts are cut, and if need be all is left out.

    A change is never refused for what it tells: an audit log must not lose it.
    """
    if _bytes(values) <= MOST_RECORDED_BYTES:
        return dict(values)
    cut = {name: _cut(value) for name, value in values.items()}
    if _bytes(cut) <= MOST_RECORDED_BYTES:
        return cut
    return {"left_out_bytes": _bytes(values)}


def _bytes(values: Mapping[str, JsonValue]) -> int:
    return len(json.dumps(values, ensure_ascii=False).encode(errors="replace"))


def _cut(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    return value


Recorded = Annotated[dict[str, JsonValue], AfterValidator(shortened)]
"""Some values of what was changed, by name: `{"price": 5999, "currency": "USD"}`."""
Reason = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_REASON, strip_whitespace=True),
    Field(description="Why, in the words of whoever did it; may be empty."),
]


class Author(Message):
    """Who does something: a person, a token that a person made, or the store itself.

    `id` is a person's email address or a token's id, `name` what people know them by, `address`
    the network address from where they did it, if there is one, and `person` the email address of
    whoever made a token.
    """

    kind: Literal["person", "token", "system"]
    id: str = Field(min_length=1, max_length=254)
    name: str = Field(max_length=128)
    address: str = Field("", max_length=64)
    person: str = Field("", max_length=254)


STORE = Author(kind="system", id="store", name="Fieldhouse")
"""The store itself, where nobody asked for it: what is shipped, what is due."""


class Change(Message):
    """One change: who made it, to what, and what it was before and after.

    `subject` begins with the service that owns it, such as `catalog/product/TI-M267`. `action` is
    named in the past, such as `price_changed`. Secrets are in neither `before` nor `after`.
    """

    author: Author
    subject: str = Field(pattern=r"^[a-z]+/[a-z_]+/.+$", max_length=300)
    action: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=64)
    before: Recorded = Field(default_factory=dict)
    after: Recorded = Field(default_factory=dict)
    reason: Reason = ""
    at: AwareDatetime


def authored(author: Author, reason: str, at: datetime) -> str:
    """The part of a `Change` that is known before the script that makes it, as JSON."""
    known = {"author": author.model_dump(), "reason": reason, "at": at.isoformat()}
    return json.dumps(known)
