"""What a Redis was asked, by its own counters: round trips, commands, bytes, keys and memory."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis


class RedisCounters(BaseModel):
    """Counters at a moment, or what they rose by; all since the server started.

    `round_trips` are the server's reads of its clients' sockets, so that a pipeline is one;
    `commands` count each command, also those that scripts give.
    """

    model_config = ConfigDict(frozen=True)

    round_trips: float = 0
    commands: float = 0
    bytes_in: float = 0
    bytes_out: float = 0
    keys: float = 0
    memory: float = 0

    def since(self, before: RedisCounters) -> RedisCounters:
        """What has been added."""
        return self._each(lambda name: getattr(self, name) - getattr(before, name))

    def for_each_of(self, units: float) -> RedisCounters:
        """The share of one unit, or second."""
        return self._each(lambda name: getattr(self, name) / units if units else 0)

    def _each(self, value: Any) -> RedisCounters:  # noqa: ANN401 - of a field's name.
        return RedisCounters(**{name: value(name) for name in RedisCounters.model_fields})


async def read_counters(admin: Redis) -> RedisCounters:
    """The counters now, in one round trip."""
    async with admin.pipeline(transaction=False) as pipe:
        pipe.info("stats")
        pipe.info("memory")
        pipe.dbsize()
        stats, memory, keys = cast(Any, await pipe.execute())
    return RedisCounters(
        round_trips=stats["total_reads_processed"],
        commands=stats["total_commands_processed"],
        bytes_in=stats["total_net_input_bytes"],
        bytes_out=stats["total_net_output_bytes"],
        keys=keys,
        memory=memory["used_memory"],
    )
