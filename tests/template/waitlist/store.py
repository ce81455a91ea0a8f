"""Waitlist's Redis keys, and the scripts that change them.

| key | what |
| --- | --- |
| `{waitlist}:sku:<sku>` | sorted set: platform and buyer, a line each, by when they joined (ms) |
| `{waitlist}:sequences` | hash: SKU → how many events about it were published; for good |
| `{waitlist}:inbox:<event id>` | an event that took effect (`inbox.lua`); for 30 days |
| `{waitlist}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |

A list has 1,000 members of about 170 bytes at most, and goes 90 days after the last has joined.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from tests.template.waitlist.domain import KEPT, MOST_WAITING

SERVICE = "waitlist"
_SEQUENCES = "{waitlist}:sequences"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"


class WaitlistStore:
    """The lists of one Redis. Every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._join = script(redis, _LUA / "join.lua")
        self._call = script(redis, _LUA / "call.lua", "inbox", "publish")

    async def join(self, sku: str, platform: str, buyer: str, now: datetime) -> int | None:
        """A buyer's place, new or kept; none where the list is full."""
        member, kept = _member(platform, buyer), int(KEPT.total_seconds())
        args: list[str | int] = [member, _ms(now), MOST_WAITING, kept]
        return cast(int | None, await self._join(keys=[_list(sku)], args=args))

    async def find(self, sku: str, platform: str, buyer: str) -> int | None:
        """A buyer's place; none for one who does not wait."""
        before = await self._redis.zrank(_list(sku), _member(platform, buyer))
        return None if before is None else cast(int, before) + 1

    async def call(self, event_id: str, sku: str, most: int, now: datetime) -> None:
        """Take the first out of a list and publish who they are; once for an event."""
        keys = [inbox_key(SERVICE, event_id), _list(sku), _SEQUENCES, *_STREAMS]
        await self._call(keys=keys, args=[sku, most, occasion(SERVICE, now)])


def _list(sku: str) -> str:
    return f"{{waitlist}}:sku:{sku}"


def _member(platform: str, buyer: str) -> str:
    return f"{platform}\n{buyer}"


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
