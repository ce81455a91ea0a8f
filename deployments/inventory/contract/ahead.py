"""Units that are sold before they are here: on back-order, or before a product comes out.

Staff allow a number of them for a SKU, and say by which day they are expected. They are at the
location `NOT_HERE`, and never more are promised than were allowed. What arrives goes to whoever
waits, the longest first, and uses up what was allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

NOT_HERE = 0
"""The location of what is sold before it is here."""
AheadKind = Literal["backorder", "preorder"]


class SaleAhead(Message):
    """How many units of a SKU can be sold now before they are here, and their day."""

    units: int = Field(ge=0)
    kind: AheadKind
    expected: date


class AwaitedUnits(Message):
    """Units that somebody buys, or bought, before they are here, and the day that he was told."""

    units: int = Field(ge=1)
    kind: AheadKind
    expected: date


class SellableUnits(Message):
    """What can be sold of a SKU: units that are here, and those beyond them, if any may be."""

    here: int
    ahead: SaleAhead | None = None

    @property
    def most(self) -> int:
        """Units that can be had, here and ahead."""
        return max(0, self.here) + (self.ahead.units if self.ahead else 0)

    def awaited(self, first: int, last: int) -> AwaitedUnits | None:
        """Of units from `first` on to before `last` those that are not here; none if all are."""
        missing = last - max(first, self.here, 0)
        if missing <= 0 or self.ahead is None:
            return None
        return AwaitedUnits(units=missing, kind=self.ahead.kind, expected=self.ahead.expected)


class AheadLevel(Message):
    """What staff allowed of a SKU: `waiting` of the units are promised, `left` are not yet."""

    sku: str
    kind: AheadKind
    expected: date
    waiting: int
    left: int

    @property
    def units(self) -> int:
        """Units in all that may be sold before they are here."""
        return self.waiting + self.left


class ListWaiting(Message):
    """A page of those that wait for a SKU; `cursor` is what the page before gave."""

    sku: str = Field(min_length=1, max_length=255)
    cursor: int = Field(default=0, ge=0, le=10**9)
    limit: int = Field(default=50, ge=1, le=100)


class WaitingReservation(Message):
    """A reservation that waits for `units` of a SKU, since it was made. `sold` says that it is paid
    for; the others are held for a checkout, and may be given back."""

    reservation_id: str
    units: int
    since: datetime
    sold: bool


class Waiting(Message):
    """Who waits, the longest first, as units are given out, and how many are in all; `cursor` is
    none on the last page. Whoever is served meanwhile moves the others up."""

    reservations: tuple[WaitingReservation, ...]
    total: int
    cursor: int | None = None


@dataclass(eq=False)
class AllowanceTooLow(Rejection):
    """More units are waited for than there shall be at most. Nothing was changed."""

    waiting: int
    code: ClassVar[str] = "inventory.allowance_too_low"


@dataclass(eq=False)
class ExpectedInThePast(Rejection):
    """What is sold before it is here is expected on a day that is over. Nothing was changed."""

    expected: str
    code: ClassVar[str] = "inventory.expected_in_the_past"
