"""How an item takes effect: compared first with what there is, then through a service's contract.

What there was of the fields that an item would change is kept as a digest. When it takes effect
these fields must be as they were: whoever changed one meanwhile is not overruled, and whoever
changed another field is not undone. An item that has taken effect already changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import JsonValue, ValidationError

from deployments.backoffice.formats.items import RowRefusedError
from deployments.backoffice.imports.run import Outcome
from deployments.backoffice.language import message
from deployments.foundation.values.authorship import Author

Revision = int
NOTHING_YET: Revision = -1
"""In place of the revision of what there is not."""
TRIES = 5
"""How often a revision may have gone stale before a row is refused: somebody else is busy there."""
_DIGEST_BYTES = 9
Values = dict[str, JsonValue]
Item_contra = TypeVar("Item_contra", contravariant=True)


@dataclass(frozen=True)
class Comparison:
    """What an item would change: the fields that it says something of, before and after."""

    subject: str
    outcome: Outcome
    before: Values
    after: Values
    digest: str


class Attempts(Protocol):
    """What is known of an item's attempts to be written, by whoever worked at it."""

    async def attempt(self, subject: str, revision: Revision) -> None:
        """Write down that the item is about to be written upon this revision of its subject.

        Raises `RowRefusedError` if it may have been written upon another one: somebody has changed
        the subject since then, perhaps back.
        """
        ...


@dataclass(frozen=True)
class Doing:
    """Under which import, by whom and why something takes effect, and what was tried before."""

    import_id: str
    author: Author
    reason: str
    attempts: Attempts


class Effect(Protocol[Item_contra]):
    """One kind of import. Rejections of services are passed on."""

    async def compare(self, item: Item_contra) -> Comparison:
        """What the item would change now. Raises `RowRefusedError`."""
        ...

    async def take(self, item: Item_contra, digest: str, doing: Doing) -> Outcome:
        """Have it take effect, once. Raises `RowRefusedError`."""
        ...


def digest_of(values: Mapping[str, JsonValue] | None) -> str:
    """A digest of what there was; of nothing at all, too."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def compared(subject: str, before: Values | None, after: Values) -> Comparison:
    """A comparison of fields; `before` none is something new."""
    differing = [name for name in after if before is None or before.get(name) != after[name]]
    outcome: Outcome = "new" if before is None else "changed" if differing else "same"
    return Comparison(
        subject,
        outcome,
        {name: before.get(name) for name in differing} if before else {},
        {name: after[name] for name in differing},
        digest_of(before),
    )


def still(comparison: Comparison, digest: str) -> None:
    """Refuses a row of which somebody has changed something since it was compared."""
    if comparison.digest != digest:
        raise changed_meanwhile(comparison.subject)


def changed_meanwhile(subject: str) -> RowRefusedError:
    """Somebody else has changed what this row would change."""
    return RowRefusedError(
        message(
            "%(subject)s was changed by somebody else since the file was compared. "
            "Look at it, and import the row again."
        ),
        subject=subject,
    )


def invalid(mistakes: ValidationError) -> RowRefusedError:
    """Together with what there is, the row makes no sense."""
    first = mistakes.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "row"
    return RowRefusedError(
        message("%(field)s is not valid: %(why)s."), field=field, why=first["msg"]
    )
