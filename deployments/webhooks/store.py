"""Webhooks' state in Redis. Times are milliseconds since 1970.

| key | what |
| --- | --- |
| `{webhooks}:platform:<platform>` | hash: URL → endpoint |
| `{webhooks}:endpoints` | sorted set: all endpoints, by when they were registered |
| `{webhooks}:endpoint:<id>` | hash: platform, url, created_at, last_success_at, failing_since, |
|  | error, gone_at |
| `{webhooks}:delivery:<id>` | hash: endpoint, order, event, type, at, body, attempts, made_at, |
|  | ends_at, tried_at, error, claim (a token), trace |
| `{webhooks}:queue:<endpoint>:<order>` | sorted set: deliveries, in the order of their numbers |
| `{webhooks}:told:<endpoint>` | hash: order → SHA-1 of the body that was queued last; each field |
|  | for 7 days, and with the endpoint |
| `{webhooks}:due:<endpoint>` | sorted set: orders, by when the first of their queue is due |
| `{webhooks}:claims:<endpoint>` | sorted set: orders under way, by when their claim lapses |
| `{webhooks}:ready` | sorted set: endpoints, by when somebody has to look at them |
| `{webhooks}:dead-letters:deliveries` | stream: those that were given up (foundation's |
|  | `dead_letters.lua`): delivery, owner (the endpoint), order, event, type, at, body, made_at |
| `{webhooks}:waiting` | hash: endpoint → how many deliveries are in its queues |
| `{webhooks}:deliveries`, `{webhooks}:tokens` | counters: the last delivery, the last claim |
| `{webhooks}:inbox:<00 to ff>` | hash: events queued, or not to be, 30 days each |

An order's deliveries to an endpoint are made one after another: only the first of a queue is ever
claimed, and its order is in `due` or in `claims`, never in both. What was delivered is deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.keys import letters_of_key
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.foundation.values.trace import traceparent
from deployments.webhooks.contract import MOST_ENDPOINTS, WebhookEndpoint
from deployments.webhooks.domain import LASTS, DeliveryOutcome, DeliverySource, WebhookDelivery
from deployments.webhooks.replies import delivery_of, endpoint_of, milliseconds, moment

SERVICE = "webhooks"
DELIVERIES = "deliveries"
"""The kind of dead letters that webhooks has beside events."""
Retried = Literal["retried", "absent", "under_way", "behind"]
Dropped = Literal["dropped", "absent", "under_way"]
_LUA = Path(__file__).parent / "lua"
READY = "{webhooks}:ready"
_PRELUDES = ("inbox", "clock", "leases", "dead_letters", _LUA / "queues")
_SCRIPTS = ("register", "remove", "queue", "withdraw", "claim", "finish", "retry", "drop")


@dataclass(frozen=True)
class Claim:
    """The right to attempt a delivery, under a fencing token, until a monotonic moment."""

    delivery: WebhookDelivery
    token: int
    until: float


class ClaimedWork(NamedTuple):
    """What was claimed, and when there is something to do next; none if that cannot be said."""

    claims: list[Claim]
    next_at: datetime | None


class WebhookTotals(NamedTuple):
    """All endpoints together."""

    waiting: int
    failing: int
    dead: int


class WebhooksStore:
    """Webhooks of one Redis. A process that does not finish in `claim_seconds` counts as dead.

    Methods are one round trip, unless they say otherwise.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        claim_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis, self._seconds, self._monotonic = redis, claim_seconds, monotonic
        self._scripts = {name: script(redis, _LUA / f"{name}.lua", *_PRELUDES) for name in _SCRIPTS}

    # Endpoints

    async def register(self, platform: str, url: str, id_: str, now: datetime) -> str | None:
        """The id of the platform's endpoint for a URL; none if there would be too many."""
        args = [platform, url, id_, milliseconds(now), MOST_ENDPOINTS]
        return cast(str | None, await self._run("register", args))

    async def may_register(self, platform: str, url: str) -> bool:
        """Whether the platform has an endpoint for a URL, or may have one more."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hexists(f"{{webhooks}}:platform:{platform}", url)
            pipe.hlen(f"{{webhooks}}:platform:{platform}")
            known, count = await pipe.execute()
        return bool(known) or count < MOST_ENDPOINTS

    async def remove(self, platform: str, endpoint: str) -> bool:
        """Whether the platform had the endpoint, which is no more."""
        return bool(await self._run("remove", [platform, endpoint]))

    async def with_endpoints(self, platforms: Sequence[str]) -> dict[str, Literal[True]]:
        """Those of the platforms of whose orders anything is to be delivered."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for platform in platforms:
                pipe.hlen(f"{{webhooks}}:platform:{platform}")
            counts = await pipe.execute()
        return {one: True for one, count in zip(platforms, counts, strict=True) if count}

    async def endpoints_of(self, platform: str) -> list[WebhookEndpoint]:
        """A platform's endpoints, the oldest first; in two round trips."""
        ids = await cast(Any, self._redis.hvals(f"{{webhooks}}:platform:{platform}"))
        found = await self._endpoints(ids)
        return sorted((endpoint for _, endpoint in found), key=lambda one: (one.created_at, one.id))

    async def all_endpoints(self) -> list[tuple[str, WebhookEndpoint]]:
        """All endpoints with their platforms, the oldest first; in two round trips."""
        return await self._endpoints(await self._ids())

    async def _ids(self) -> list[str]:
        return cast(list[str], await self._redis.zrange("{webhooks}:endpoints", 0, -1))

    async def _endpoints(self, ids: Sequence[str]) -> list[tuple[str, WebhookEndpoint]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.hgetall(endpoint_key(id_))
                pipe.hget("{webhooks}:waiting", id_)
                pipe.scard(letters_of_key(SERVICE, DELIVERIES, id_))
            found = await pipe.execute()
        rows = zip(ids, found[::3], found[1::3], found[2::3], strict=True)
        # One may have been removed since its id was read.
        return [
            (fields["platform"], endpoint_of(id_, fields, int(waiting or 0), dead))
            for id_, fields, waiting, dead in rows
            if fields
        ]

    async def totals(self) -> WebhookTotals:
        """How it is going altogether; in two round trips."""
        endpoints = [endpoint for _, endpoint in await self.all_endpoints()]
        return WebhookTotals(
            sum(endpoint.waiting for endpoint in endpoints),
            sum(endpoint.state == "failing" for endpoint in endpoints),
            sum(endpoint.dead for endpoint in endpoints),
        )

    # Deliveries

    async def queue(
        self, source: DeliverySource, platform: str, order: str, body: bytes, now: datetime
    ) -> None:
        """Have an order delivered to each of the platform's endpoints, once for an event, and not
        where the last delivery about it says the same."""
        told = [source.event, source.type, milliseconds(source.at), body]
        args = [platform, order, *told, milliseconds(now), milliseconds(now + LASTS), traceparent()]
        await self._run("queue", args, key=inbox_key(SERVICE, source.event))

    async def withdraw(self, source: DeliverySource, platform: str, order: str) -> None:
        """Have nothing more delivered about an order, once."""
        await self._run("withdraw", [platform, order], key=inbox_key(SERVICE, source.event))

    async def claim(self, wanted: int, now: datetime) -> ClaimedWork:
        """Deliveries that nobody else will attempt as long as the claims hold."""
        # Counted from before the question, a claim ends here no later than it does there.
        until = self._monotonic() + self._seconds
        args = [milliseconds(now), int(self._seconds * 1000), wanted, milliseconds(now + LASTS)]
        taken, next_at = cast(Any, await self._run("claim", args))
        claims = [Claim(delivery_of(id_, *rest), int(token), until) for id_, token, *rest in taken]
        return ClaimedWork(claims, moment(next_at) if next_at else None)

    async def finish(
        self, claim: Claim, outcome: DeliveryOutcome, error: str, now: datetime
    ) -> bool:
        """Write down what became of an attempt; false if somebody else has claimed it since."""
        delivery = claim.delivery
        claimed = [delivery.id, claim.token, delivery.endpoint, delivery.order]
        args = [*claimed, outcome.verdict, error, milliseconds(outcome.due), milliseconds(now)]
        return await self._run("finish", args) == "done"

    def holds(self, claim: Claim) -> bool:
        """Whether a claim has certainly not lapsed."""
        return self._monotonic() < claim.until

    # For operators

    def dead_letters(self) -> DeadLetters:
        """What was given up."""
        return DeadLetters(SERVICE, self._redis, DELIVERIES)

    async def waiting(self, limit: int) -> list[str]:
        """The first deliveries that wait for each endpoint, one of an order; in three round
        trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            endpoints = await self._ids()
            for endpoint in endpoints:
                pipe.zrange(f"{{webhooks}}:due:{endpoint}", 0, limit - 1)
            orders = await pipe.execute()
            for endpoint, names in zip(endpoints, orders, strict=True):
                for order in names:
                    pipe.zrange(f"{{webhooks}}:queue:{endpoint}:{order}", 0, 0)
            return [id_ for ids in await pipe.execute() for id_ in ids]

    async def records(self, ids: Sequence[str]) -> list[dict[str, str]]:
        """All that is known of each of these deliveries; empty for one that waits no more."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.hgetall(f"{{webhooks}}:delivery:{id_}")
            return cast(list[dict[str, str]], await pipe.execute())

    async def retry(self, id_: str, now: datetime) -> Retried:
        """Have a delivery attempted now that waits for its next attempt."""
        return cast(Retried, await self._run("retry", [id_, milliseconds(now)]))

    async def drop(self, id_: str, now: datetime) -> Dropped:
        """Remove a delivery that waits for good."""
        return cast(Dropped, await self._run("drop", [id_, milliseconds(now)]))

    async def _run(self, name: str, args: Sequence[Any], *, key: str = READY) -> object:
        return await self._scripts[name](keys=[key], args=args)


def endpoint_key(endpoint: str) -> str:
    """Where an endpoint is."""
    return f"{{webhooks}}:endpoint:{endpoint}"
