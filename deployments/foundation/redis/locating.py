"""Asks sentinels for the primary, and nodes of a cluster for the owner of a slot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, cast

from redis.asyncio import Connection, Redis, Sentinel, SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from deployments.foundation.redis.addresses import HostAndPort, RedisAddress

_ASKED_WITHIN_SECONDS = 1.0
_GOSSIP_SECONDS = 2.0
"""By then nodes have told each other who owns a slot that has moved."""
_GONE = {"fail", "noaddr", "handshake"}


class Locator(Protocol):
    """Knows which server to enter. The method is the one that redis-py's pool calls."""

    async def discover_master(self, service_name: str) -> HostAndPort:
        """Where it is now; raises `MasterNotFoundError` if nobody knows."""
        ...


def locator(address: RedisAddress, tag: str) -> Locator:
    """Who is asked where the keys with this hash tag are."""
    if address.kind == "sentinel":
        return SentinelLocator(address)
    return ClusterLocator(address, tag)


class _Asked:
    """Asks one host after another, beginning with the one that answered last.

    When a server goes all its connections ask at once: one does, and the others take what it was
    told, which is newer than their question.
    """

    def __init__(self, hosts: Sequence[HostAndPort]) -> None:
        self.hosts = list(hosts)
        self._turn = asyncio.Lock()
        self._told: HostAndPort | MasterNotFoundError = MasterNotFoundError("nobody was asked")
        self._told_at = -1.0

    async def first(self, ask: Callable[[HostAndPort], Awaitable[HostAndPort]]) -> HostAndPort:
        """The first answer. Raises `MasterNotFoundError` if there is none."""
        wanted_at = time.monotonic()
        async with self._turn:
            if self._told_at < wanted_at:
                self._told = await self._ask_all(ask)
                self._told_at = time.monotonic()
        if isinstance(self._told, MasterNotFoundError):
            raise MasterNotFoundError(*self._told.args)
        return self._told

    async def _ask_all(
        self, ask: Callable[[HostAndPort], Awaitable[HostAndPort]]
    ) -> HostAndPort | MasterNotFoundError:
        why: list[str] = []
        for host in list(self.hosts):
            try:
                found = await ask(host)
            except (RedisError, OSError) as failed:
                why.append(f"{host[0]}:{host[1]}: {failed}")
            else:
                self.hosts.remove(host)
                self.hosts.insert(0, host)
                return found
        return MasterNotFoundError("; ".join(why))


class SentinelLocator:
    """Asks sentinels for the primary."""

    def __init__(self, address: RedisAddress) -> None:
        self._address, self._asked = address, _Asked(address.hosts)

    async def discover_master(self, service_name: str) -> HostAndPort:  # noqa: ARG002
        """The primary that the URL names, whichever service asks."""
        return await self._asked.first(self._ask)

    async def _ask(self, host: HostAndPort) -> HostAndPort:
        async with self._at(host) as sentinel:
            address, port = await sentinel.discover_master(self._address.primary)
        return str(address), int(port)

    async def replicas(self) -> list[HostAndPort]:
        """The primary's replicas that are up, as the sentinel that answered last knows them."""
        async with self._at(self._asked.hosts[0]) as sentinel:
            found = await sentinel.discover_slaves(self._address.primary)
        return [(str(address), int(port)) for address, port in cast(Any, found)]

    def _at(self, host: HostAndPort) -> Sentinel:
        options = _probing(self._address) | {"username": None, "password": None, "db": 0}
        return Sentinel([host], sentinel_kwargs=options | dict(self._address.of_sentinels))


class ClusterLocator:
    """Asks nodes of a cluster who owns the slot of a hash tag."""

    def __init__(self, address: RedisAddress, tag: str) -> None:
        self._address, self._slot = address, key_slot(f"{{{tag}}}".encode())
        self._asked = _Asked(address.hosts)
        self._told: HostAndPort = ("", 0)
        self._told_until = 0.0

    def moved(self, to: HostAndPort) -> None:
        """A node has said where the slot is: it knows before the others do."""
        if to[0]:
            self._told, self._told_until = to, time.monotonic() + _GOSSIP_SECONDS

    async def discover_master(self, service_name: str) -> HostAndPort:  # noqa: ARG002
        """The node that owns the slot."""
        if time.monotonic() < self._told_until:
            return self._told
        return await self._asked.first(self._ask)

    async def _ask(self, host: HostAndPort) -> HostAndPort:
        async with node(self._address, host) as redis:
            ranges = cast(Any, await redis.execute_command("CLUSTER SLOTS"))
        self._learn(ranges)
        for first, last, (address, port, *_), *_ in ranges:
            if first <= self._slot <= last:
                # A node that does not know its own address is where it was asked.
                return str(address or host[0]), int(port)
        raise RedisConnectionError(f"no node owns slot {self._slot}")

    def _learn(self, ranges: Any) -> None:  # noqa: ANN401 - as the server answers.
        """From now on all nodes are asked, should those of the URL be gone."""
        for _, _, *owners in ranges:
            for address, port, *_ in owners:
                found = (str(address), int(port))
                if address and found not in self._asked.hosts:
                    self._asked.hosts.append(found)


def node(address: RedisAddress, host: HostAndPort) -> Redis:
    """One node itself, whatever it has, entered with the address's credentials."""
    return Redis(host=host[0], port=host[1], **_probing(address))


async def nodes_of(address: RedisAddress) -> list[HostAndPort]:
    """Every server that has the data, or may come to: primaries and replicas that are up."""
    if address.kind == "sentinel":
        sentinels = SentinelLocator(address)
        return [await sentinels.discover_master(address.primary), *await sentinels.replicas()]
    nodes: list[HostAndPort] = []

    async def ask(host: HostAndPort) -> HostAndPort:
        async with node(address, host) as redis:
            answer = await redis.execute_command("CLUSTER NODES")
        for where, one in cast(dict[str, dict[str, str]], answer).items():
            name, _, port = where.rpartition(":")
            if not _GONE & set(one["flags"].split(",")):
                nodes.append((name or host[0], int(port)))
        return host

    await _Asked(address.hosts).first(ask)
    return nodes


def _probing(address: RedisAddress) -> dict[str, Any]:
    """Options of a client that is to answer at once or not at all."""
    options = dict(address.options)
    kind = options.pop("connection_class", Connection)
    return options | {
        "ssl": issubclass(kind, SSLConnection),
        "socket_timeout": _ASKED_WITHIN_SECONDS,
        "socket_connect_timeout": _ASKED_WITHIN_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
    }
