"""Stock, the ledger and reservations as they are stored, as the audit may read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from deployments.foundation.audit.overdue import DueRecords, due_in
from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.inventory.contract import Allocation
from deployments.inventory.contract.ahead import NOT_HERE
from deployments.inventory.contract.levels import Transfer
from deployments.inventory.domain.ledger import (
    Movement,
    Stock,
    StockDiscrepancy,
    discrepancies,
    replay,
)
from deployments.inventory.domain.stock import SOLD, State
from deployments.inventory.store import (
    AHEAD,
    HOLDS,
    LEDGER,
    LEVELS,
    PLACES,
    QUEUES,
    RESERVATION,
    STOCK,
    TRANSFERS,
)

SURELY_KEPT = timedelta(days=6)
"""A reservation that is over is kept for a week; an order that is younger than this has its own."""
BEGINNING = "0-0"
"""Where the ledger begins."""
_LEDGER_PAGE = 1000
_Page = list[tuple[str, dict[str, str]]]
_ALLOCATIONS: TypeAdapter[tuple[Allocation, ...]] = TypeAdapter(tuple[Allocation, ...])


class ReservationRecord(NamedTuple):
    """What is stored of a reservation.

    `state` is none where there is none, `allocations` also where they cannot be read, and `lapses`
    (ms since 1970) where it is not among the holds. `told` is what was published when it was made.
    """

    key: str
    state: str | None
    allocations: tuple[Allocation, ...] | None
    lapses: float | None
    told: tuple[Allocation, ...] | None = None

    @property
    def waits(self) -> bool:
        """Whether it is sold and waits for units that are not here yet."""
        awaited = any(one.location_id == NOT_HERE for one in self.allocations or ())
        return self.state == "committed" and awaited

    @property
    def is_open(self) -> bool:
        """Whether it sets units aside."""
        return self.state in {"held", "allocated"}


class StockMoment(NamedTuple):
    """All units by SKU, location and state, and the last entry of the ledger, at one moment.

    `levels` has the SKUs as they are filed by what can be sold, `on_the_way` the units of every
    transfer, by SKU and the location they go to, and `queues` how many reservations wait for a SKU.
    """

    stock: Stock
    last: str
    levels: Mapping[str, int]
    on_the_way: Counter[tuple[str, int]]
    queues: Mapping[str, int]


class LedgerEntry(NamedTuple):
    """One entry of the ledger; `movement` is none where it cannot be read."""

    key: str
    movement: Movement | None

    @property
    def departure(self) -> Movement | None:
        """The movement, if units left by it."""
        left = self.movement is not None and self.movement.target == State.SHIPPED
        return self.movement if left else None


class InventoryRecords:
    """Stock, ledger and reservations of one Redis, to be read only."""

    STOCK = STOCK
    """The key of the stock, for messages."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def reservation_key(id_: str) -> str:
        """Where a reservation is, for messages."""
        return RESERVATION + id_

    def reservation_ids(self) -> AsyncIterator[list[str]]:
        """All reservations that are open, or were until a week ago, in batches."""
        return names(self._redis, RESERVATION)

    async def reservations(self, ids: Sequence[str]) -> dict[str, ReservationRecord]:
        """What is stored under each of these ids, at one moment."""
        if not ids:
            return {}
        async with self._redis.pipeline(transaction=True) as pipe:
            for id_ in ids:
                pipe.hmget(RESERVATION + id_, ["state", "allocations", "told"])
            pipe.zmscore(HOLDS, list(ids))
            *found, holds = await pipe.execute()
        return {
            id_: ReservationRecord(
                RESERVATION + id_, state, _allocations(written), lapses, _allocations(told)
            )
            for id_, (state, written, told), lapses in zip(ids, found, holds, strict=True)
        }

    async def holds_due(self, until: datetime) -> DueRecords:
        """Held reservations, and which of them should have lapsed by then."""
        return await due_in(self._redis, HOLDS, until)

    async def stock(self) -> Stock:
        """All units by SKU, location and state."""
        return _stock(cast(dict[str, str], await self._redis.hgetall(STOCK)))

    async def sold(self) -> Counter[str]:
        """Units of each SKU that are sold, shipped or not, all locations together."""
        units: Counter[str] = Counter()
        for (sku, _, state), quantity in (await self.stock()).items():
            units[sku] += quantity if state in SOLD else 0
        return units

    async def moment(self) -> StockMoment:
        """The stock, and how far the ledger goes that it is the sum of."""
        # Nothing waits for a SKU on whose terms nothing was ever sold ahead.
        ahead = cast(list[str], await self._redis.hkeys(AHEAD))
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(STOCK)
            pipe.xrevrange(LEDGER, count=1)
            pipe.zrange(LEVELS, 0, -1, withscores=True)
            pipe.hvals(TRANSFERS)
            for sku in ahead:
                pipe.zcard(QUEUES + sku)
            rows, newest, filed, transfers, *waiting = await pipe.execute()
        last = newest[0][0] if newest else BEGINNING
        levels = {sku: int(units) for sku, units in filed}
        queues = dict(zip(ahead, waiting, strict=True))
        return StockMoment(_stock(rows), last, levels, _on_the_way(transfers), queues)

    async def ledger(
        self, *, after: str = BEGINNING, until: str
    ) -> AsyncIterator[list[LedgerEntry]]:
        """The ledger's entries between two of them, the first left out, oldest first, in pages."""
        while page := await self._redis.xrange(LEDGER, f"({after}", until, count=_LEDGER_PAGE):
            yield [
                LedgerEntry(f"{LEDGER} {entry}", readable(Movement, fields))
                for entry, fields in cast(_Page, page)
            ]
            after = cast(_Page, page)[-1][0]

    async def movements(self, until: str = "+") -> list[Movement]:
        """The whole ledger, oldest entry first. `ValueError` if an entry cannot be read."""
        found: list[Movement] = []
        async for page in self.ledger(until=until):
            for key, movement in page:
                if movement is None:
                    raise ValueError(f"{key} cannot be read")
                found.append(movement)
        return found

    async def check(self) -> tuple[StockDiscrepancy, ...]:
        """Where the stock differs from what the ledger adds up to; it must be nowhere.

        Reads both as of one moment, so it may run while the store sells.
        """
        moment = await self.moment()
        return discrepancies(moment.stock, replay(await self.movements(moment.last)))


def _allocations(written: str | None) -> tuple[Allocation, ...] | None:
    try:
        return _ALLOCATIONS.validate_json(written or "")
    except ValidationError:
        return None


def _on_the_way(transfers: Iterable[str]) -> Counter[tuple[str, int]]:
    units: Counter[tuple[str, int]] = Counter()
    for transfer in map(Transfer.model_validate_json, transfers):
        for line in transfer.lines:
            units[line.sku, transfer.target_id] += line.quantity
    return units


def _stock(rows: Mapping[str, str]) -> Stock:
    return Counter(
        {
            (sku, location, state): quantity
            for sku, row in rows.items()
            for location, units in PLACES.validate_json(row).items()
            for state, quantity in units.items()
            if quantity
        }
    )
