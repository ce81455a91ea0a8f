"""The whole store in one process, with all that a journey costs counted: calls, round trips, keys.

These figures do not depend on a machine. `tests/budgets` holds them, and the bench shows them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from redis.asyncio import Redis

from commands.bench.counts.keyspace import read_keyspace
from commands.bench.counts.tally import Counts, Tally, background
from commands.bench.load.http_connection import HttpResponse
from commands.bench.load.journeys import JOURNEYS
from commands.bench.load.shopper import Pool, Shopper, UnexpectedAnswerError, Workload
from commands.bench.results import Call, Count, StoredKeys
from commands.bench.rows import ROWS
from commands.bench.stores.backlog import Backlog, BacklogNeverEndsError, read_backlog
from commands.loading.webhook_receiver import WebhookReceiver
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.placement.host import Host, RedisOf, nowhere
from deployments.foundation.rpc.detach import finish_detached
from deployments.store import placed

_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 2.5
_IDLE_SECONDS = 3.0
_SETTLES_WITHIN_SECONDS = 120.0


class AsgiClient:
    """A client in the store's own process."""

    def __init__(self, host: Host) -> None:
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(host.app()),
            base_url="http://store",
            headers={"X-API-Key": DEVELOPMENT_KEY},
        )

    async def ask(self, method: str, path: str, body: bytes, headers: str) -> HttpResponse:
        """The answer."""
        given = dict(line.split(": ", 1) for line in headers.split("\r\n") if line)
        said = {"Content-Type": "application/json", **given} if body else given
        answer = await self._client.request(method, path, content=body, headers=said)
        return HttpResponse(answer.status_code, answer.content)


class CountedStore:
    """A store that answers, and does everything else only while `consuming`."""

    def __init__(
        self,
        redis_of: RedisOf,
        admin: Redis,
        workload: Workload,
        receiver: WebhookReceiver,
        url: str,
    ) -> None:
        self.tally = Tally()
        self._redis_of, self._admin = redis_of, admin
        self._receiver, self._endpoint = receiver, url
        self.host = Host(self.tally.counted(placed()), self._redis, nowhere)
        self._client = AsgiClient(self.host)
        self._shopper = Shopper(self._client, workload, Pool())

    def _redis(self, service: str, *, at: str | None = None) -> Redis:
        return self.tally.counted_redis(self._redis_of(service, at=at), service)

    async def count(self, row: str, times: int = 10) -> Count:
        """What one journey costs while it is answered; the first of all is not counted."""
        await self._prepare(row, times + 1)
        await self.travel(row)
        sizes, before = await read_keyspace(self._admin), self.tally.foreground.copy()
        events = (await read_backlog(self._admin)).events
        await self.travel(row, times)
        counts = self.tally.foreground.since(before)
        published = (await read_backlog(self._admin)).events - events
        stored = (await read_keyspace(self._admin)).since(sizes, times)
        return _count(row, counts, stored, published / times, times)

    async def _prepare(self, row: str, wanted: int) -> None:
        """Make what the journey works with."""
        uses = next(one.uses for one in ROWS if one.name == row)
        if uses is not None:
            journey, kind, _ = uses
            while len(getattr(self._shopper.pool, kind)) < wanted:
                await self.travel(journey)

    async def travel(self, row: str, times: int = 1) -> None:
        """Go on the journey, and finish what it detached from its requests."""
        for _ in range(times):
            await JOURNEYS[row](self._shopper)
            await finish_detached()

    async def _register(self) -> None:
        """Have an endpoint told of orders."""
        body = json.dumps({"url": self._endpoint}).encode()
        answer = await self._client.ask("POST", "/webhooks", body, "")
        if answer.status != 201:  # noqa: PLR2004 - created.
            raise UnexpectedAnswerError(answer.body.decode())

    async def count_followed(self, row: str, times: int = 10) -> Count:
        """What one journey costs with all that follows it; what the store does anyway is taken off.

        The store must be consuming.
        """
        await self._register()
        await self.travel(row)
        await self._settled()
        idle = await self._idle_rates()
        sizes, before, began = await read_keyspace(self._admin), self._total(), time.monotonic()
        events = (await read_backlog(self._admin)).events
        await self.travel(row, times)
        await self._settled()
        counts, took = self._total().since(before), time.monotonic() - began
        published = (await read_backlog(self._admin)).events - events
        for service, rate in idle.items():
            counts.round_trips[service] = max(0, counts.round_trips[service] - round(rate * took))
        stored = (await read_keyspace(self._admin)).since(sizes, times)
        return _count(row, counts, stored, published / times, times, followed=True)

    def _total(self) -> Counts:
        one, other = self.tally.foreground, self.tally.background
        return Counts(one.calls + other.calls, one.round_trips + other.round_trips)

    async def _idle_rates(self) -> dict[str, float]:
        """Round trips a second, by service, while there is nothing to do."""
        before, began = self._total(), time.monotonic()
        await asyncio.sleep(_IDLE_SECONDS)
        took, spent = time.monotonic() - began, self._total().since(before).round_trips
        return {service: count / took for service, count in spent.items()}

    async def _settled(self) -> None:
        """Wait until every event has had its effect, and nothing more came of it."""
        began = quiet = time.monotonic()
        seen = await self._state()
        while time.monotonic() - quiet < _QUIET_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            now = await self._state()
            if now != seen or now[0].waiting:
                seen, quiet = now, time.monotonic()
            if time.monotonic() - began > _SETTLES_WITHIN_SECONDS:
                raise BacklogNeverEndsError(f"{now[0].waiting} events wait for their effect")

    async def _state(self) -> tuple[Backlog, int]:
        return await read_backlog(self._admin), self._receiver.count


def _count(
    row: str,
    counts: Counts,
    stored: tuple[StoredKeys, ...],
    events: float,
    times: int,
    *,
    followed: bool = False,
) -> Count:
    calls = [
        Call(caller=caller, callee=callee, method=method, times=made / times)
        for (caller, callee, method), made in sorted(counts.calls.items())
    ]
    return Count(
        row=row,
        followed=followed,
        calls=tuple(calls),
        round_trips={name: made / times for name, made in sorted(counts.round_trips.items())},
        events=events,
        stored=stored,
    )


@asynccontextmanager
async def counted_store(
    redis_of: RedisOf, admin: Redis, workload: Workload, *, consuming: bool
) -> AsyncIterator[CountedStore]:
    """A store upon an empty Redis, filled with what is shipped."""
    receiver = WebhookReceiver()
    async with receiver.listening() as url:
        store = CountedStore(redis_of, admin, workload, receiver, url)
        with background():
            await store.host.start(consume=consuming)
        try:
            yield store
        finally:
            await store.host.stop()
