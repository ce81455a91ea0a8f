"""One platform's trouble is its own: names that do not resolve, endpoints that hang."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import pytest

from deployments.webhooks.contract import (
    MOST_ENDPOINTS,
    LookupsUnderWay,
    RegisterEndpoint,
    TooManyEndpoints,
    UrlRefused,
)
from deployments.webhooks.domain import DeliveryOutcome
from deployments.webhooks.resolver import AddressCheck, HostUnknownError, Resolver
from deployments.webhooks.service import WebhooksService
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks, Names
from tests.unit.webhooks.receiver import Receiver, ok, receiver

HANGS = "hangs"
"""What the names begin with whose lookup never ends."""


class NameServers:
    """Looks names up in the caller's thread, which hangs if the lookup does."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.end = threading.Event()

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host.startswith(HANGS):
            self.end.wait()
            raise HostUnknownError(host)
        return ["127.0.0.1"]


@pytest.fixture
async def servers() -> AsyncIterator[NameServers]:
    found = NameServers()
    yield found
    found.end.set()


def resolver(servers: NameServers, lookups: int = 8, each: int = 2) -> Resolver:
    return Resolver(lookups=lookups, each=each, look_up=servers)


async def under_way(servers: NameServers, count: int) -> None:
    """Until so many names were asked for."""

    async def asked() -> bool:
        return len(servers.asked) >= count

    await eventually(asked)


@asynccontextmanager
async def resolving(of: Resolver, platform: str, hosts: Sequence[str]) -> AsyncIterator[None]:
    """While a platform's hosts are being looked up."""
    tasks = [asyncio.create_task(of(host, platform)) for host in hosts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_platform_whose_names_hang_waits_for_itself_alone(servers: NameServers) -> None:
    one = resolver(servers)
    hanging = [f"{HANGS}-{n}.example" for n in range(50)]
    async with resolving(one, "acme", hanging):
        await under_way(servers, 2)
        assert one.is_busy("acme")
        assert [str(address) for address in await one("hooks.example", "other")] == ["127.0.0.1"]
        assert len(servers.asked) == 3
    # Whoever waited has left; the threads that hang still are the platform's.
    assert one.is_busy("acme")
    servers.end.set()

    async def free() -> bool:
        return not one.is_busy("acme")

    await eventually(free)
    assert await one("hooks.example", "acme")


async def test_a_host_is_looked_up_once_for_all_who_want_it(servers: NameServers) -> None:
    one = resolver(servers, each=1)
    async with resolving(one, "acme", [f"{HANGS}.example"]):
        await under_way(servers, 1)
        async with resolving(one, "other", [f"{HANGS}.example"] * 9):
            await one("hooks.example", "other")
    assert servers.asked == [f"{HANGS}.example", "hooks.example"]


def registering(webhooks: ComposedWebhooks, of: Resolver, seconds: float = 60.0) -> WebhooksService:
    """The service, which waits so long for an address."""
    return WebhooksService(
        webhooks.store,
        webhooks.webhook_client,
        webhooks.orders,
        AddressCheck(of, loopback=True),
        lookup_seconds=seconds,
    )


async def register(service: WebhooksService, host: str, platform: str = "acme") -> None:
    await service.register(RegisterEndpoint(platform=platform, url=f"http://{host}/hooks"))


async def test_registrations_that_hang_hold_up_neither_others_nor_deliveries(
    webhooks: ComposedWebhooks, hooks: Receiver, servers: NameServers
) -> None:
    one = resolver(servers)
    hasty = registering(webhooks, one, seconds=0.01)
    for n in range(2):
        with pytest.raises((UrlRefused, LookupsUnderWay)):
            await register(hasty, f"{HANGS}-{n}.example")
    for n in range(2, 20):
        with pytest.raises(LookupsUnderWay, match="Try again"):
            await register(hasty, f"{HANGS}-{n}.example")
    assert len(servers.asked) == 2
    await register(registering(webhooks, one), "hooks.example", platform="other")
    await webhooks.register(hooks.url)
    async with webhooks.running():
        await webhooks.place()
        await eventually(lambda: _took(hooks, 1))


async def test_who_has_enough_endpoints_has_no_name_looked_up(
    webhooks: ComposedWebhooks, servers: NameServers
) -> None:
    service = registering(webhooks, resolver(servers))
    for n in range(MOST_ENDPOINTS):
        await register(service, f"hooks-{n}.example")
    servers.asked.clear()
    with pytest.raises(TooManyEndpoints):
        await register(service, f"{HANGS}.example")
    assert servers.asked == []
    await register(service, "hooks-0.example")
    assert servers.asked == ["hooks-0.example"]


async def test_deliveries_to_names_that_hang_hold_up_no_other_platform(
    redis_of: ClientOf, hooks: Receiver, servers: NameServers
) -> None:
    """The names resolved when they were registered."""
    port = hooks.url.rsplit(":", 1)[1]
    bad = [f"{HANGS}-{n}.example" for n in range(MOST_ENDPOINTS)]
    known = {host: ["127.0.0.1"] for host in (*bad, "hooks.example")}
    registered = ComposedWebhooks(redis_of, resolve=Names(known))
    for host in bad:
        await registered.register(f"http://{host}:{port}", platform="acme")
    await registered.register(f"http://hooks.example:{port}", platform="other")
    webhooks = ComposedWebhooks(redis_of, resolve=resolver(servers, lookups=4))
    await webhooks.place("s1", platform="acme")
    await webhooks.queued()
    async with webhooks.dispatching(crash=True):
        await under_way(servers, 2)
        await webhooks.place("s2", platform="other")
        await webhooks.queued()
        await eventually(lambda: _took(hooks, 1))


async def test_a_platform_has_a_share_of_what_is_delivered_at_once(redis_of: ClientOf) -> None:
    """Five endpoints that hang take no more than two of them would."""
    webhooks = ComposedWebhooks(redis_of, attempt_seconds=3600.0)
    async with _hanging(MOST_ENDPOINTS) as hanging, receiver() as quick:
        for hooks in hanging:
            await webhooks.register(hooks.url, platform="acme")
        await webhooks.register(quick.url, platform="other")
        for n in range(10):
            await webhooks.place(f"s{n}", platform="acme")
        await webhooks.place("other", platform="other")
        await webhooks.queued()
        async with webhooks.dispatching(crash=True):
            await eventually(lambda: _took(quick, 1))

            async def at_work() -> bool:
                return sum(len(hooks.received) for hooks in hanging) == 16

            await eventually(at_work)
        assert sum(hooks.most_at_once for hooks in hanging) == 16


@pytest.mark.parametrize("end", ["answered", "lapsed"])
async def test_what_waited_for_the_share_goes_on_when_it_is_free(
    redis_of: ClientOf, end: Literal["answered", "lapsed"]
) -> None:
    webhooks = ComposedWebhooks(redis_of, claim_seconds=30.0 if end == "answered" else 0.3)
    async with _hanging(2) as hanging, receiver() as third:
        for hooks in (*hanging, third):
            await webhooks.register(hooks.url)
        for n in range(10):
            await webhooks.place(f"s{n}")
        await webhooks.queued()
        work = await webhooks.store.claim(16, webhooks.clock())
        assert len(work.claims) == 16
        if end == "answered":
            for claim in work.claims:
                outcome = DeliveryOutcome("sent", webhooks.clock())
                await webhooks.store.finish(claim, outcome, "", webhooks.clock())
        for hooks in hanging:
            hooks.answer = ok
        async with webhooks.dispatching():

            async def all_made() -> bool:
                return await webhooks.waiting() == 0

            await eventually(all_made)


@asynccontextmanager
async def _hanging(count: int) -> AsyncIterator[list[Receiver]]:
    """So many endpoints that never answer."""
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(receiver()) for _ in range(count)]
        for hooks in found:
            hooks.answer = lambda _received: None
        yield found


async def _took(hooks: Receiver, count: int) -> bool:
    return len(hooks.taken) >= count
