"""Inventory's Redis keys, and the scripts that change them.

    {inventory}:stock              hash    SKU → JSON: units by location id and state (absent: 0)
    {inventory}:levels             zset    SKUs by how many units can be sold, all locations
                                           together; about 90 bytes a SKU
    {inventory}:locations          hash    location id → name
    {inventory}:transfers          hash    id → JSON of a transfer that is on its way, 1,000 at most
    {inventory}:change:<key>       hash    what a change by staff answered, as a step; seven days
    {inventory}:reservation:<id>   hash    state (held, allocated, committed, released), step (name
                                           of the step that made it), allocations (JSON), told (as
                                           they were, where units arrived since); without expiry
                                           while open or waiting, seven days once over
    {inventory}:ahead              hash    SKU → JSON: on what terms it is sold before it is here;
                                           about 120 bytes a SKU, gone when staff end it
    {inventory}:waiting:<sku>      zset    reservations that wait for units of it, by when they were
                                           made (ms); about 90 bytes each, gone when they are here
    {inventory}:holds              zset    held reservation ids by deadline in ms since 1970
    {inventory}:ledger             stream  one entry a movement (`domain.Movement`), never trimmed
    {inventory}:batch:<name>       hash    rows, at: a batch that was received; kept for ever
    {inventory}:step:<saga:step>   hash    what a step answered (foundation's `steps.lua`)
    {inventory}:barrier            string  foundation's `promises.py`
    {inventory}:inbox:<00 to ff>   hash    events that took effect, 30 days each (`inbox.lua`)
    {inventory}:sequences          hash    SKU → how many events about it were published; those
                                           about a reservation are counted in its own `sequence`
    {inventory}:events:0 to 15     stream  what is published (foundation's `publishing.py`)

The stock is what the ledger adds up to: both are written by one function, `move` in
`movements.lua`, in the script that takes effect; so are the levels. What staff do is in
`staff_store.py`. Deadlines are compared with the time that the service passes in, so that a test
can move it; a host gives all replicas the time of this Redis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.foundation.redis.promises import Promises
from deployments.foundation.values.message import Message
from deployments.inventory.contract import Reservation, Shortage, StockRow
from deployments.inventory.contract.ahead import SellableUnits
from deployments.inventory.domain.levels import AheadTerms, Places, available, sale_ahead
from deployments.inventory.domain.stock import State, WantedUnits

SERVICE = "inventory"
STOCK = "{inventory}:stock"
LEVELS = "{inventory}:levels"
AHEAD = "{inventory}:ahead"
QUEUES = "{inventory}:waiting:"
LOCATIONS = "{inventory}:locations"
HOLDS = "{inventory}:holds"
LEDGER = "{inventory}:ledger"
SEQUENCES = "{inventory}:sequences"
STREAMS = streams_of(SERVICE)
RESERVATION = "{inventory}:reservation:"
_BATCH = "{inventory}:batch:"
_STEP = "{inventory}:step:"
TRANSFERS = "{inventory}:transfers"
CHANGE = "{inventory}:change:"

_COMMON = (STOCK, LEDGER, HOLDS, SEQUENCES, LEVELS, AHEAD, QUEUES, RESERVATION)
"""What every script that moves units has as its first keys."""
LUA = Path(__file__).parent / "lua"
PLACES: TypeAdapter[dict[int, dict[State, int]]] = TypeAdapter(dict[int, dict[State, int]])
"""A row of the stock, as JSON."""


class MovementOutcome(Message):
    """What a script did: one of these, or none for a step that only took effect."""

    reservation: Reservation | None = None
    shortages: tuple[Shortage, ...] = ()
    refused: Literal["undone", "lapsed", "committed"] | None = None
    count: int = 0


class InventoryStore:
    """Stock, reservations and ledger. Every change is one round trip and one atomic script."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._promises = redis, Promises(redis, SERVICE, step=True)
        self._reserve = self._script("reserve")
        self._allocate = self._script("allocate")
        self._commit = self._script("commit")
        self._release = self._script("release")
        self._release_expired = self._script("release_expired")
        self._receive = self._script("receive")
        self._ship = self._script("ship", "inbox")

    async def available(self, skus: Iterable[str]) -> dict[str, int]:
        """Units that are here and can be sold of each SKU, all its locations together."""
        asked = list(dict.fromkeys(skus))
        rows = cast(list[str | None], await self._redis.hmget(STOCK, asked)) if asked else []
        return {sku: available(places_of(row)) for sku, row in zip(asked, rows, strict=True)}

    async def sellable(self, skus: Iterable[str], now: datetime) -> dict[str, SellableUnits]:
        """Units that can be sold of each SKU, all its locations together, and before it is here."""
        asked = list(dict.fromkeys(skus))
        if not asked:
            return {}
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(STOCK, asked)
            pipe.hmget(AHEAD, asked)
            rows, terms = cast(list[list[str | None]], await pipe.execute())
        found = zip(asked, rows, terms, strict=True)
        return {sku: _sellable(places_of(row), terms_in(known), now) for sku, row, known in found}

    async def reserve(
        self,
        reservation_id: str,
        step: str,
        wanted: Mapping[str, WantedUnits],
        *,
        now: datetime,
        until: datetime,
    ) -> MovementOutcome:
        """Hold these units of these SKUs, or none of them."""
        lines: list[str | int] = []
        for sku, of_it in wanted.items():
            lines += [sku, *of_it]
        keys = [_STEP + step, RESERVATION + reservation_id]
        return await self._run(self._reserve, now, keys, [reservation_id, step, _ms(until), *lines])

    async def allocate(self, reservation_id: str, step: str, *, now: datetime) -> MovementOutcome:
        """Keep a held reservation."""
        keys = [_STEP + step, RESERVATION + reservation_id]
        return await self._run(self._allocate, now, keys, [reservation_id])

    async def commit(self, reservation_id: str, step: str, *, now: datetime) -> MovementOutcome:
        """Sell what is reserved."""
        keys = [_STEP + step, RESERVATION + reservation_id]
        return await self._run(self._commit, now, keys, [reservation_id])

    async def release(self, reservation_id: str, undoes: str, *, now: datetime) -> MovementOutcome:
        """Undo the step that reserved, or is yet to arrive."""
        keys = [_STEP + undoes, RESERVATION + reservation_id]
        return await self._run(self._release, now, keys, [reservation_id, undoes])

    async def release_expired(self, limit: int, *, now: datetime) -> int:
        """Return at most `limit` holds whose deadline is not after `now`; how many there were."""
        arguments: list[str | int] = [limit, RESERVATION, _STEP]
        return (await self._run(self._release_expired, now, [], arguments)).count

    async def receive(self, batch: str, rows: Iterable[StockRow], *, now: datetime) -> int:
        """Book a batch; how many rows it brought, none if it was booked before."""
        words: list[str | int] = []
        for row in rows:
            words += [row.sku, row.location_id, row.location_name, row.quantity]
        keys = [_BATCH + batch, LOCATIONS]
        return (await self._run(self._receive, now, keys, [batch, *words])).count

    async def ship(
        self,
        event_id: str,
        reservation_id: str,
        location_id: int,
        units: Mapping[str, int],
        *,
        now: datetime,
    ) -> None:
        """Move these units of these SKUs from committed to shipped; once for an event."""
        words: list[str | int] = [reservation_id, location_id]
        for line in units.items():
            words += line
        await self._run(self._ship, now, [inbox_key(SERVICE, event_id)], words)

    async def _run(
        self, prepared: AsyncScript, now: datetime, keys: list[str], arguments: list[str | int]
    ) -> MovementOutcome:
        answer = await self._promises.run(prepared, *_words(now, keys, arguments))
        return MovementOutcome.model_validate_json(answer)

    def _script(self, name: str, *more: str) -> AsyncScript:
        path, movements = LUA / f"{name}.lua", LUA / "movements"
        return script(self._redis, path, "steps", "publish", *more, movements)


async def run(
    prepared: AsyncScript, now: datetime, keys: list[str], arguments: list[str | int]
) -> str:
    """What a script that moves units answers, as JSON."""
    keys, words = _words(now, keys, arguments)
    return cast(str, await prepared(keys=keys, args=words))


def _words(
    now: datetime, keys: list[str], arguments: list[str | int]
) -> tuple[list[str], list[str | int]]:
    """KEYS and ARGV of a script that moves units."""
    all_keys = [*_COMMON, *keys, *STREAMS]
    return all_keys, [_ms(now), *arguments, occasion(SERVICE, now)]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _sellable(places: Places, terms: AheadTerms | None, now: datetime) -> SellableUnits:
    return SellableUnits(here=available(places), ahead=sale_ahead(places, terms, now))


def terms_in(row: str | None) -> AheadTerms | None:
    """On what terms a SKU is sold before it is here; none if it is not."""
    return AheadTerms.model_validate_json(row) if row else None


def places_of(row: str | None) -> Places:
    """A SKU's units by location and state; of one without a row there are none."""
    return PLACES.validate_json(row) if row else {}
