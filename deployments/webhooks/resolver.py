"""The addresses behind a host's name, as the machine's own resolver knows them."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from deployments.webhooks.url_policy import Address, literal

Resolve = Callable[[str], Awaitable[list[Address]]]
"""Gives a host's addresses, the preferred first. Raises `HostUnknownError`."""
_LOOKUPS = 64


class HostUnknownError(Exception):
    """No address is known for a host."""


class Resolver:
    """Asks the operating system, once at a time for each host.

    A lookup that hangs cannot be cancelled, only left alone. So lookups have threads of their own,
    and a host occupies one of them however many deliveries want to know.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, "lookup")
        self._under_way: dict[str, asyncio.Future[list[Address]]] = {}

    async def __call__(self, host: str) -> list[Address]:
        """See `Resolve`."""
        if (address := literal(host)) is not None:
            return [address]
        lookup = self._under_way.get(host)
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = loop.run_in_executor(self._threads, _look_up, host)
            self._under_way[host] = lookup
            lookup.add_done_callback(lambda done: self._ended(host, done))
        return await asyncio.shield(lookup)

    def _ended(self, host: str, done: asyncio.Future[list[Address]]) -> None:
        del self._under_way[host]
        if not done.cancelled():
            done.exception()  # Whoever waited has it; nobody may have waited so long.


def _look_up(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise HostUnknownError(host) from failure
    # An address may carry the zone of a link, which nothing on the internet has.
    return [ipaddress.ip_address(str(entry[4][0])) for entry in found]
