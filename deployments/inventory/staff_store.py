"""What staff see and change of the stock, in Redis: `store.py` says under which keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from deployments.foundation.events.publishing import occasion
from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import authored
from deployments.foundation.values.message import Message
from deployments.inventory.contract import Allocation
from deployments.inventory.contract.ahead import NOT_HERE, WaitingReservation
from deployments.inventory.contract.changes import (
    MAX_LOCATIONS,
    MAX_TRANSFERS,
    AllowAhead,
    MissingUnits,
    NameLocation,
    ReceiveTransfer,
    StockChange,
)
from deployments.inventory.contract.levels import Location, Transfer
from deployments.inventory.domain.ledger import Movement
from deployments.inventory.domain.levels import AheadTerms, Places
from deployments.inventory.store import (
    AHEAD,
    CHANGE,
    LEDGER,
    LEVELS,
    LOCATIONS,
    LUA,
    QUEUES,
    RESERVATION,
    SEQUENCES,
    SERVICE,
    STOCK,
    STREAMS,
    TRANSFERS,
    places_of,
    run,
    terms_in,
)

_ALLOCATIONS: TypeAdapter[tuple[Allocation, ...]] = TypeAdapter(tuple[Allocation, ...])
_LEDGER_PAGE = 1000
_LOOKED_AT = 5000
_SKUS_AT_ONCE = 1000

Action = Literal["received", "adjusted", "counted"]


class PlacedNumber(NamedTuple):
    """A number about a SKU at a location, and how many units were thought to lie there."""

    sku: str
    location_id: int
    number: int
    expected: int | None = None


class StaffOutcome(Message):
    """What a script of staff did: `touched` rows or a transfer, or why it did nothing."""

    touched: dict[str, str] | None = None
    transfer: Transfer | None = None
    moved: dict[str, str] | None = None
    missing: tuple[MissingUnits, ...] = ()
    unknown_location: int | None = None
    unknown_transfer: bool = False
    full: int | None = None
    waiting: int | None = None


class LedgerPage(NamedTuple):
    """Entries of the ledger by id, newest first; `older` is none where it ends."""

    entries: list[tuple[str, Movement]]
    older: str | None


class StaffStockStore:
    """Levels, corrections, transfers and locations. Every change is one atomic script."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._change = _stock_script(redis, "change_stock")
        self._send = _stock_script(redis, "send_transfer")
        self._arrive = _stock_script(redis, "receive_transfer")
        self._allow = _stock_script(redis, "allow_ahead")
        self._name = script(redis, LUA / "name_location.lua", "publish", "changes")
        self._index = script(redis, LUA / "index_levels.lua")

    async def rows(self, skus: Sequence[str]) -> dict[str, Places]:
        """The rows of these SKUs, in their order; none of a SKU that never had any units."""
        if not skus:
            return {}
        rows = cast(list[str | None], await self._redis.hmget(STOCK, list(skus)))
        return {sku: places_of(row) for sku, row in zip(skus, rows, strict=True) if row}

    async def low(self, at_most: int, start: int, limit: int) -> tuple[list[tuple[str, int]], int]:
        """SKUs with at most so many units, fewest first, from a place in the list; and how many."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrange(
                LEVELS,
                "-inf",
                at_most,
                byscore=True,
                offset=start,
                num=limit,
                withscores=True,
            )
            pipe.zcount(LEVELS, "-inf", at_most)
            found, total = await pipe.execute()
        return [(sku, int(units)) for sku, units in found], total

    async def ledger(self, sku: str | None, cursor: str | None, limit: int) -> LedgerPage:
        """Entries before `cursor`, of one SKU or of all; it looks at 5,000 of them at most."""
        entries: list[tuple[str, Movement]] = []
        older = cursor
        for _ in range(_LOOKED_AT // _LEDGER_PAGE):
            upto = f"({older}" if older else "+"
            found = await self._redis.xrevrange(LEDGER, upto, "-", count=_LEDGER_PAGE)
            page = cast(list[tuple[str, dict[str, str]]], found)
            for id_, fields in page:
                older = id_
                if sku in {None, fields["sku"]}:
                    entries.append((id_, Movement.model_validate(fields)))
                    if len(entries) == limit:
                        return LedgerPage(entries, older)
            if len(page) < _LEDGER_PAGE:
                return LedgerPage(entries, None)
        return LedgerPage(entries, older)

    async def waiting(
        self, sku: str, start: int, limit: int
    ) -> tuple[list[WaitingReservation], int]:
        """Reservations that wait for units of a SKU from a place in its queue on; and how many."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrange(QUEUES + sku, start, start + limit - 1, withscores=True)
            pipe.zcard(QUEUES + sku)
            queued, total = await pipe.execute()
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_, _ in queued:
                pipe.hmget(RESERVATION + id_, ["state", "allocations"])
            kept = await pipe.execute()
        found = (
            _waiting(sku, id_, since, *fields)
            for (id_, since), fields in zip(queued, kept, strict=True)
        )
        return [one for one in found if one is not None], total

    async def transfers(self) -> list[Transfer]:
        """What is on its way."""
        return [Transfer.model_validate_json(one) for one in await self._redis.hvals(TRANSFERS)]

    async def locations(self) -> list[Location]:
        """Every location, by id."""
        names = cast(dict[str, str], await self._redis.hgetall(LOCATIONS))
        return [Location(id=int(id_), name=names[id_]) for id_ in sorted(names, key=int)]

    async def change(
        self, action: Action, request: StockChange, rows: Iterable[PlacedNumber], now: datetime
    ) -> StaffOutcome:
        """Book what staff received, adjusted or counted."""
        words: list[str | int] = []
        for row in rows:
            words += [*row[:3], "" if row.expected is None else row.expected]
        arguments = [request.key, action, *_by(request, now), *words]
        return await _run(self._change, now, [CHANGE + request.key, LOCATIONS], arguments)

    async def send(self, request: StockChange, transfer: Transfer, now: datetime) -> StaffOutcome:
        """Take units from one location, on their way to another."""
        words: list[str | int] = [transfer.source_id, transfer.target_id]
        words += [transfer.model_dump_json()]
        for line in transfer.lines:
            words += [line.sku, line.quantity]
        arguments = [transfer.id, MAX_TRANSFERS, *_by(request, now), *words]
        keys = [CHANGE + request.key, LOCATIONS, TRANSFERS]
        return await _run(self._send, now, keys, arguments)

    async def arrive(self, request: ReceiveTransfer, now: datetime) -> StaffOutcome:
        """Put what was on its way to where it went."""
        keys = [CHANGE + request.key, TRANSFERS]
        return await _run(self._arrive, now, keys, [request.transfer_id, *_by(request, now)])

    async def allow_ahead(
        self, request: AllowAhead, terms: AheadTerms, now: datetime
    ) -> StaffOutcome:
        """Say how many units of a SKU may be sold before they are here."""
        words: list[str | int] = [request.key, request.sku, request.units]
        arguments = [*words, terms.model_dump_json(), *_by(request, now)]
        return await _run(self._allow, now, [CHANGE + request.key], arguments)

    async def terms(self, skus: Sequence[str]) -> dict[str, AheadTerms]:
        """On what terms these SKUs are sold before they are here; none of those that are not."""
        if not skus:
            return {}
        rows = cast(list[str | None], await self._redis.hmget(AHEAD, list(skus)))
        found = {sku: terms_in(row) for sku, row in zip(skus, rows, strict=True)}
        return {sku: terms for sku, terms in found.items() if terms is not None}

    async def name(self, request: NameLocation, now: datetime) -> StaffOutcome:
        """Name a location."""
        by = authored(request.author, request.reason, now)
        answer = await self._name(
            keys=[LOCATIONS, SEQUENCES, *STREAMS],
            args=[request.id, request.name, MAX_LOCATIONS, by, occasion(SERVICE, now)],
        )
        return StaffOutcome.model_validate_json(cast(str, answer))

    async def file_levels(self) -> None:
        """File every SKU under its level, where an earlier version has booked stock."""
        if await self._redis.zcard(LEVELS) == await self._redis.hlen(STOCK):
            return
        skus = cast(list[str], await self._redis.hkeys(STOCK))
        for start in range(0, len(skus), _SKUS_AT_ONCE):
            await self._index(keys=[STOCK, LEVELS], args=skus[start : start + _SKUS_AT_ONCE])


def _stock_script(redis: Redis, name: str) -> AsyncScript:
    shared = ("steps", "publish", "changes", LUA / "movements", LUA / "staff_stock")
    return script(redis, LUA / f"{name}.lua", *shared)


def _by(request: StockChange, now: datetime) -> tuple[str, str, str]:
    """Who and why: as an event tells it, and as the ledger does."""
    by = authored(request.author, request.reason, now)
    return by, request.author.id, request.reason


async def _run(
    prepared: AsyncScript, now: datetime, keys: list[str], arguments: list[str | int]
) -> StaffOutcome:
    return StaffOutcome.model_validate_json(await run(prepared, now, keys, arguments))


def _waiting(
    sku: str, id_: str, since: float, state: str | None, allocations: str | None
) -> WaitingReservation | None:
    """What a reservation waits for; none if it was served after the queue was read."""
    awaited = [
        one.quantity
        for one in (_ALLOCATIONS.validate_json(allocations) if allocations else ())
        if (one.sku, one.location_id) == (sku, NOT_HERE)
    ]
    if not awaited:
        return None
    return WaitingReservation(
        reservation_id=id_,
        units=sum(awaited),
        since=datetime.fromtimestamp(since / 1000, UTC),
        sold=state == "committed",
    )
