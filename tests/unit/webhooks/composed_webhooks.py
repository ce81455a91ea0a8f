"""Webhooks, composed as it runs: upon orders' streams, with dispatchers, and a clock to move."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from joserfc.jwk import ECKey
from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.dead_letters import DeadLetter
from deployments.foundation.events.loop import Loop
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.http.signing import SigningKey, read_keys
from deployments.foundation.placement.host import nowhere
from deployments.foundation.placement.local import local
from deployments.orders import deployment as orders
from deployments.orders.contract import GetOrder, OrderDocument
from deployments.orders.contract.order import LineUnits, ShipmentState, ShippedParcel
from deployments.orders.service import OrderEventSource, OrdersService
from deployments.payments.events import PaymentRefunded
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.contract import (
    ListEndpoints,
    RegisterEndpoint,
    RemoveEndpoint,
    WebhookEndpoint,
)
from deployments.webhooks.deployment import compose
from deployments.webhooks.dispatcher import Dispatcher
from deployments.webhooks.resolver import AddressCheck, HostUnknownError, Resolve, Resolver
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import SERVICE, WebhooksStore
from deployments.webhooks.url_policy import Address
from tests.composing import service_of
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.orders.sample_orders import order, undo

Api = TypeVar("Api")
STORE = "https://store.example"
PLATFORM = "acme"
DAY = timedelta(hours=24)
FAST_OPTIONS = ConsumerOptions(renew_seconds=0.05, block_seconds=0.05, recovery_seconds=0.01)


def fresh_keys(count: int = 1) -> tuple[SigningKey, ...]:
    keys = [ECKey.generate_key("P-256", private=True) for _ in range(count)]
    return read_keys("".join(key.as_pem(private=True).decode() for key in keys))


class Names:
    """A resolver that knows what a test tells it."""

    def __init__(self, known: Mapping[str, Sequence[str]] | None = None) -> None:
        self.known: dict[str, Sequence[str]] = dict(known or {})
        self.asked: list[str] = []

    def is_busy(self, platform: str) -> bool:
        return False

    async def __call__(self, host: str, platform: str) -> list[Address]:
        self.asked.append(host)
        if host not in self.known:
            raise HostUnknownError(host)
        return [ipaddress.ip_address(one) for one in self.known[host]]


class CountedOrders:
    """Orders, and how often it was asked."""

    def __init__(self, service: OrdersService) -> None:
        self.service, self.asked = service, 0

    async def render(self, request: GetOrder) -> OrderDocument:
        self.asked += 1
        return await self.service.render(request)


class ComposedWebhooks:
    """Webhooks upon one Redis and real orders. Time passes faster when a test says so."""

    def __init__(
        self,
        redis_of: ClientOf,
        *,
        claim_seconds: float = 30.0,
        attempt_seconds: float = 10.0,
        resolve: Resolve | None = None,
        loopback: bool = True,
        keys: tuple[SigningKey, ...] | None = None,
        verify: ssl.SSLContext | None = None,
        webhook_client: type[WebhookClient] = WebhookClient,
    ) -> None:
        self.redis_of = redis_of
        self.ahead = timedelta()
        self.keys = fresh_keys() if keys is None else keys
        self.orders = CountedOrders(
            service_of(orders.compose(redis_of("orders"), nowhere, url=STORE), OrdersService)
        )
        self.store = WebhooksStore(redis_of(SERVICE), claim_seconds=claim_seconds)
        check = AddressCheck(resolve or Resolver(), loopback)
        self.webhook_client = webhook_client(
            Signer(self.keys),
            f"{STORE}/.well-known/ucp",
            check,
            verify=verify,
            seconds=attempt_seconds,
            clock=self.clock,
        )
        self.composition = compose(
            redis_of(SERVICE),
            self._connect,
            clock=self.clock,
            client=self.webhook_client,
            check=check,
            claim_seconds=claim_seconds,
        )
        self.service = cast(WebhooksService, self.composition.service)

    def _connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        return local(api, lambda: self.orders, app=app, seconds=seconds)

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def skip(self, time: timedelta) -> None:
        """Let time pass."""
        self.ahead += time

    # Orders

    async def place(self, name: str = "s1", platform: str = PLATFORM) -> str:
        return (await self.orders.service.place(order(name, platform))).order_id

    async def pay(self, name: str = "s1") -> None:
        source = OrderEventSource(f"event_paid_{name}", datetime.now(UTC))
        await self.orders.service.payment_captured(source, f"payment_{name}")

    async def refund(self, name: str = "s1", number: int = 1) -> None:
        source = OrderEventSource(f"event_refunded_{name}_{number}", datetime.now(UTC))
        refund = PaymentRefunded(
            payment_id=f"payment_{name}",
            checkout_id=f"checkout_{name}",
            amount=9000,
            currency="USD",
            refund=100,
            refunded=100 * number,
        )
        await self.orders.service.payment_refunded(source, refund)

    async def move(self, parcel: str, state: ShipmentState, name: str = "s1") -> None:
        """Have a parcel with both lines come so far."""
        source = OrderEventSource(f"event_{parcel}_{state}", datetime.now(UTC))
        lines = tuple(LineUnits(id=line.id, quantity=1) for line in order(name).items)
        track = {} if state == "processing" else {"tracking_number": "1", "tracking_url": STORE}
        moved = ShippedParcel(id=parcel, carrier="Overland", lines=lines, **track)
        await self.orders.service.shipment_moved(source, f"order_{name}", moved, state)

    async def withdraw(self, name: str = "s1") -> None:
        await self.orders.service.withdraw(undo(name))

    # Webhooks

    async def register(self, url: str, platform: str = PLATFORM) -> WebhookEndpoint:
        return await self.service.register(RegisterEndpoint(platform=platform, url=url))

    async def remove(self, endpoint_id: str, platform: str = PLATFORM) -> None:
        await self.service.remove(RemoveEndpoint(platform=platform, endpoint_id=endpoint_id))

    async def endpoints(self, platform: str = PLATFORM) -> tuple[WebhookEndpoint, ...]:
        return (await self.service.endpoints(ListEndpoints(platform=platform))).endpoints

    def consumer(self) -> Consumer:
        own, subscriptions = self.redis_of(SERVICE), self.composition.subscriptions
        return Consumer(
            SERVICE, own, lambda _: self.redis_of(SERVICE), subscriptions, options=FAST_OPTIONS
        )

    def dispatcher(self, **options: Any) -> Dispatcher:  # noqa: ANN401
        return Dispatcher(self.store, self.webhook_client, clock=self.clock, **options)

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[None]:
        consumer = self.consumer()
        async with _running(consumer.run()):
            yield
            await consumer.stop()

    @asynccontextmanager
    async def dispatching(self, *, crash: bool = False) -> AsyncIterator[None]:
        """While one process delivers. What is under way at its end is finished, or crashes."""
        dispatcher = self.dispatcher()
        ticking = asyncio.Lock()

        async def tick() -> bool:
            async with ticking:
                return await dispatcher.tick()

        loop = Loop("deliveries", tick, every=0.02, sleep=dispatcher.rest)
        async with _running(loop.run()):
            try:
                yield
            finally:
                await (dispatcher.abandon() if crash else dispatcher.stop())
                # A connection to Redis that is cancelled while it is made is never closed.
                async with ticking:
                    pass

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While one whole process runs."""
        async with self.consuming(), self.dispatching():
            yield

    async def queued(self) -> None:
        """Until everything that orders published has been consumed."""
        async with self.consuming():
            await eventually(self._has_consumed_all)

    async def _has_consumed_all(self) -> bool:
        redis: Any = self.redis_of("orders")
        for n in range(16):
            stream = f"{{orders}}:events:{n}"
            if await redis.exists(stream):
                groups = await redis.xinfo_groups(stream)
                if not groups or any(group["pending"] or group["lag"] for group in groups):
                    return False
        return True

    async def waiting(self) -> int:
        return (await self.store.totals()).waiting

    async def dead(self) -> list[DeadLetter]:
        return await self.store.dead_letters().oldest()

    async def replay(self, *letters: DeadLetter) -> None:
        await self.store.dead_letters().replay(letter.id for letter in letters)

    async def left(self) -> set[str]:
        """The keys of webhooks' own that are there, but for those that every store has."""
        redis: Redis = self.redis_of(SERVICE)
        return {key async for key in redis.scan_iter("{webhooks}:*")}


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:  # noqa: ANN401 - a coroutine of whatever.
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
