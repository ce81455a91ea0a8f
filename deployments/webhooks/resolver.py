"""The addresses of hosts, as the operating system resolves them."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import httpx

from deployments.webhooks.url_policy import Address, literal, permitted


class HostUnknownError(Exception):
    """No address is known for a host."""


class AddressRefusedError(Exception):
    """Some address of a host is none that the store sends to."""


class Resolve(Protocol):
    """Finds a host's addresses for a platform."""

    async def __call__(self, host: str, platform: str) -> list[Address]:
        """The addresses, the preferred first. Raises `HostUnknownError`."""
        ...

    def is_busy(self, platform: str) -> bool:
        """Whether the platform has to wait until one of its earlier lookups has ended."""
        ...


class Resolver:
    """Asks the operating system, once at a time for each host.

    A lookup that hangs cannot be cancelled, only left alone. So lookups have threads of their own,
    `lookups` of them; a host occupies one however many want to know; and a platform whose names do
    not resolve occupies `each`, and only waits for itself.
    """

    def __init__(
        self,
        *,
        lookups: int = 64,
        each: int = 4,
        look_up: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self._threads = ThreadPoolExecutor(lookups, "lookup")
        self._each, self._look_up = each, look_up or _look_up
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._under_way: dict[str, asyncio.Future[Sequence[str]]] = {}

    def is_busy(self, platform: str) -> bool:
        """See `Resolve`."""
        return self._slots_of(platform).locked()

    async def __call__(self, host: str, platform: str) -> list[Address]:
        """See `Resolve`."""
        if (address := literal(host)) is not None:
            return [address]
        if host not in self._under_way:
            await self._begin(host, self._slots_of(platform))
        found = await asyncio.shield(self._under_way[host])
        # An address may carry the zone of a link, which nothing on the internet has.
        return [ipaddress.ip_address(text) for text in found]

    def _slots_of(self, platform: str) -> asyncio.Semaphore:
        return self._slots.setdefault(platform, asyncio.Semaphore(self._each))

    async def _begin(self, host: str, slots: asyncio.Semaphore) -> None:
        await slots.acquire()
        if host in self._under_way:  # Somebody else was faster.
            slots.release()
            return

        def ended(lookup: asyncio.Future[Sequence[str]]) -> None:
            slots.release()
            del self._under_way[host]
            if not lookup.cancelled():
                lookup.exception()  # Whoever waited has it; nobody may have waited so long.

        loop = asyncio.get_running_loop()
        lookup = loop.run_in_executor(self._threads, self._look_up, host)
        self._under_way[host] = lookup
        lookup.add_done_callback(ended)


def _look_up(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise HostUnknownError(host) from failure
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class AddressCheck:
    """Finds where URLs lead, and holds that to the policy.

    `loopback` says whether this machine may be sent to, and without TLS.
    """

    resolve: Resolve
    loopback: bool

    async def addresses(self, url: httpx.URL, platform: str) -> Sequence[Address]:
        """Where a platform's URL leads. Raises `HostUnknownError`, and `AddressRefusedError` if any
        of its addresses is not permitted."""
        found = await self.resolve(url.raw_host.decode("ascii"), platform)
        if not found:
            raise HostUnknownError
        if not all(permitted(one, scheme=url.scheme, loopback=self.loopback) for one in found):
            raise AddressRefusedError
        return found
