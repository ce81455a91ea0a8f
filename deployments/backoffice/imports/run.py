"""What is known of an import: where it stands, what it would change, and what it has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import Field, JsonValue

from deployments.backoffice.formats.items import ImportKind, RefusedRow
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.message import Message

ITEMS_AT_ONCE = 20
"""Items that are compared, or take effect, between two notes of how far it is."""
MOST_REFUSED_KEPT = 5000
MOST_CHANGES_KEPT = 200
ImportState = Literal["receiving", "checking", "ready", "running", "done", "stopped", "failed"]
STATES: tuple[ImportState, ...] = get_args(ImportState)
"""`checking` reads the file and compares, `ready` waits for a person, `stopped` can go on."""
OPEN: frozenset[ImportState] = frozenset({"checking", "running"})
"""Something is to be done by a worker."""

Outcome = Literal["new", "changed", "same"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ImportId = str


class ImportTally(Message):
    """How many items are new, changed or the same, and how many rows were refused."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return self.new + self.changed + self.same + self.refused


class ImportRun(Message):
    """An import as it stands. `total` is none until the file has been read.

    `checked` is what it would change, `made` what it has changed. `left_out` are columns that
    nobody takes. `trouble` says why it failed, a sentence of the catalogues with its values.
    """

    id: ImportId
    kind: ImportKind
    state: ImportState
    name: str
    size: int = 0
    created_at: datetime
    author: Author
    reason: str = ""
    wrote: str = ""
    total: int | None = None
    left_out: tuple[str, ...] = ()
    checked: ImportTally = ImportTally()
    made: ImportTally = ImportTally()
    trouble: str = ""
    trouble_values: dict[str, str | int] = Field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen by itself or by anybody."""
        return self.state in {"done", "failed"}

    @property
    def percent(self) -> int:
        """How far the present step is."""
        step = self.made if self.state in {"running", "stopped", "done"} else self.checked
        left_behind = self.checked.refused if step is self.made else 0
        return min(100, 100 * (step.all + left_behind) // max(1, self.total or 0))


class SeenChange(Message):
    """What an import would do to one thing, as far as the report shows it."""

    row: int
    subject: str
    outcome: Outcome
    before: dict[str, JsonValue] = Field(default_factory=dict)
    after: dict[str, JsonValue] = Field(default_factory=dict)


class BatchAttempt(Message):
    """How far a batch is that takes effect: which item of it is about to be written, upon which
    revision, and what became of the items before that."""

    number: int
    item: int
    revision: int
    counts: dict[str, int] = Field(default_factory=dict)
    refused: tuple[RefusedRow, ...] = ()


class ImportBatch(Message):
    """Items as they were compared. `digests` are of what there was of the fields that each would
    change, blank for an item that was refused."""

    items: tuple[JsonValue, ...] = ()
    digests: tuple[str, ...] = ()
