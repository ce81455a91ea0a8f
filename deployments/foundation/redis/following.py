"""Connections that follow a service's keys to whichever server has them now.

All keys of a service carry one hash tag, so they are in one slot and on one server at a time: the
primary that sentinels name, or the cluster's node that owns the slot. A connection asks where that
is when it is made; one whose server says that it is elsewhere now is closed and made anew. So
scripts, `MULTI` and blocking reads work as on a single server.
"""

from __future__ import annotations

from typing import Any

from redis.asyncio import ConnectionPool, Redis, SSLConnection
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedConnection
from redis.exceptions import AskError, ClusterDownError, MovedError, ResponseError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError

from deployments.foundation.redis.addresses import HostAndPort, RedisAddress
from deployments.foundation.redis.locating import ClusterLocator, locator

_ELSEWHERE = (MovedError, AskError, TryAgainError, ClusterDownError)
_PERHAPS_ELSEWHERE = ("UNBLOCKED", "NOREPLICAS")
"""What a blocking read is answered when its server has become a replica, and a write when its
replicas have left it (`min-replicas-to-write`): they may follow another."""


def pool_at(address: RedisAddress, tag: str, options: dict[str, Any]) -> ConnectionPool:
    """Connections to where the keys with this hash tag are; `options` are those of connections."""
    options = address.options | options
    if address.is_one_server:
        return ConnectionPool(**options)
    options["connection_class"] = _FollowingTls if address.speaks_tls else _Following
    where = locator(address, tag)
    return _FollowingPool(tag, where, **options)  # type: ignore[no-untyped-call]


def server_of(redis: Redis) -> tuple[str, int] | None:
    """The server that a client's connections go to now; None if it is always the same."""
    pool = redis.connection_pool
    return pool.master_address if isinstance(pool, SentinelConnectionPool) else None


def moves_of(redis: Redis) -> int:
    """How often the keys were found on another server than before."""
    pool = redis.connection_pool
    return pool.moves if isinstance(pool, _FollowingPool) else 0


class _FollowingPool(SentinelConnectionPool):
    """Connections to one server, which may be another one day."""

    moves = 0

    async def get_master_address(self) -> HostAndPort:
        """Where the keys are now."""
        before = self.master_address
        found: HostAndPort = await super().get_master_address()  # type: ignore[no-untyped-call]
        self.moves += before not in {None, found}
        return found


class _Following(SentinelManagedConnection):
    """A connection to where the keys are. What says that they are elsewhere ends it."""

    async def send_packed_command(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Send a command. One that is tried again goes to where the keys are by now."""
        if not self.is_connected:
            # By itself the client would go back to where it was connected before.
            await self._connect_retry()  # type: ignore[no-untyped-call]
        await super().send_packed_command(*args, **options)

    async def read_response(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """One reply. Raises a connection's error where the command may be sent again, elsewhere."""
        try:
            return await super().read_response(*args, **options)
        except ResponseError as told:
            if not isinstance(told, _ELSEWHERE) and not str(told).startswith(_PERHAPS_ELSEWHERE):
                raise
            where = self.connection_pool.sentinel_manager
            if isinstance(told, MovedError) and isinstance(where, ClusterLocator):
                where.moved((told.host, told.port))
            # What else was sent along is not waited for: it is sent again as a whole.
            await self.disconnect()
            raise RedisConnectionError(f"the keys are elsewhere: {told}") from told


class _FollowingTls(_Following, SSLConnection):
    """The same, over TLS."""
