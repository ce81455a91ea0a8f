"""How often one client may ask: counted in the service's own Redis, by platform or by address.

Counted is the platform whose key a request carries, else the address that a trusted proxy names,
else nobody: a budget that strangers share would let one of them lock out all others. Each client's
windows begin at a moment of its own, so that not all budgets are renewed at once, and a window's
number is part of its key, so that one round trip counts and tells when the next begins.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import re
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import limits
from limits.aio.storage import RedisStorage
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.datastructures import Headers

from deployments.foundation.http.authentication import authenticate
from deployments.foundation.http.operations import Operation
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.settings import settings

_DEFAULTS = "read=6000/minute,write=3000/minute,address=1200/minute"
_OFF = "off"
_TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_PORT = re.compile(r"^(?:\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+)$")
_log = logging.getLogger(__name__)

Rates = Mapping[str, limits.RateLimitItem]
"""Rates by name: `read`, `write`, `address`, or one operation's id."""


@dataclass(eq=False)
class LimitReached(Rejection):
    """The platform has as many of something as it may have at once (429): `limit` of them."""

    limit: int
    code: ClassVar[str] = "edge.limit_reached"


class BadRateLimitsError(Exception):
    """`FIELDHOUSE_RATE_LIMITS` cannot be read; the message says which part."""


@dataclass(frozen=True)
class RateLimitStatus:
    """Where a client stands after this request: what is left, and seconds until it is renewed."""

    name: str
    quota: int
    window: int
    left: int
    renewed_in: int

    @property
    def exceeded(self) -> bool:
        """Whether this request was one too many."""
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10, which are structured fields."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={self.window}',
            "RateLimit": f'"{self.name}";r={max(0, self.left)};t={self.renewed_in}',
        }


def parse_rates(setting: str) -> Rates:
    """Rates such as `read=6000/minute,complete_checkout=60/minute`, upon the defaults.

    `off` instead of a rate lifts that limit, and alone it lifts all. An operation named by its id
    has a budget of its own; all others share that of their kind.
    """
    if setting.strip() == _OFF:
        return {}
    named: dict[str, limits.RateLimitItem] = {}
    for part in filter(None, (part.strip() for part in f"{_DEFAULTS},{setting}".split(","))):
        name, _, rate = (word.strip() for word in part.partition("="))
        named.pop(name, None)
        if rate != _OFF:
            named[name] = _rate(part, rate)
    return named


def _rate(part: str, rate: str) -> limits.RateLimitItem:
    try:
        return limits.parse(rate)
    except ValueError as mistake:
        raise BadRateLimitsError(
            f"FIELDHOUSE_RATE_LIMITS: {part!r} is not of the form name=600/minute or name=off."
        ) from mistake


def address_of(forwarded_for: Iterable[str], proxies: int) -> str | None:
    """The client's address by `X-Forwarded-For`, to which each of `proxies` has appended one.

    Whatever stands before those was sent by the client, and is not believed. Of an IPv6 address
    only the network counts, for one client has all of its addresses.
    """
    if proxies < 1:
        return None
    entries = [entry.strip() for line in forwarded_for for entry in line.split(",")]
    if len(entries) < proxies:
        return None
    return _network(entries[-proxies])


def _network(entry: str) -> str | None:
    if match := _PORT.match(entry):
        entry = match["v6"] or match["v4"]
    try:
        address = ipaddress.ip_address(entry)
    except ValueError:
        return None
    if address.version == 4:  # noqa: PLR2004 - the version of the protocol.
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)


class RateLimits:
    """Counts a service's requests. What Redis does not count in time is let through, and logged."""

    def __init__(
        self,
        redis: Redis,
        service: str,
        keys: Mapping[str, str],
        *,
        rates: Rates | None = None,
        proxies: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage = _storage(redis, service)
        self._keys, self._clock = keys, clock
        self._rates = parse_rates(settings().rate_limits) if rates is None else rates
        self._proxies = settings().trusted_proxies if proxies is None else proxies
        self._not_before = 0.0

    async def count(self, headers: Headers, operation: Operation) -> RateLimitStatus | None:
        """Where the client stands with this request; none when it is not counted."""
        return await self.count_as(*self._counted(headers, operation))

    async def count_as(self, name: str, who: str | None) -> RateLimitStatus | None:
        """Where somebody stands with this request against a rate; none when he is not counted."""
        if who is None or name not in self._rates or self._clock() < self._not_before:
            return None
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await self._hit(name, who)
        except (RedisError, OSError, TimeoutError) as failure:
            self._not_before = self._clock() + _PAUSE_SECONDS
            _log.warning("requests are not counted: %s", type(failure).__name__)
            return None

    def address(self, headers: Headers) -> str | None:
        """The address of a client; none where no proxy is trusted to tell it."""
        return address_of(headers.getlist("x-forwarded-for"), self._proxies)

    def _counted(self, headers: Headers, operation: Operation) -> tuple[str, str | None]:
        platform = authenticate(headers.get("x-api-key"), self._keys)
        if platform is None:
            return "address", self.address(headers)
        own = operation.id in self._rates
        return operation.id if own else operation.kind, platform

    async def _hit(self, name: str, who: str) -> RateLimitStatus:
        rate = self._rates[name]
        window = rate.get_expiry()
        phase = self._clock() + zlib.crc32(who.encode()) % window
        key = rate.key_for(name, who, int(phase // window))
        count = await self._storage.incr(key, window)
        renewed_in = max(1, math.ceil(window - phase % window))
        return RateLimitStatus(name, rate.amount, window, rate.amount - count, renewed_in)


def _storage(redis: Redis, service: str) -> RedisStorage:
    """The library's storage upon the service's own connections, under the service's own keys."""
    shared = cast(Any, redis.connection_pool)
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix=f"{{{service}}}:limit",
        connection_pool=shared,
    )
