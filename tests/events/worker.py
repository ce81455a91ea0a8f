"""A process that does what one service's consuming deployment does, without Ray, until it is
killed.

python -m tests.events.worker SERVICE JOURNAL

The store is the one that the environment names, as for the store's own processes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.carts.consumers import CartsConsumers
from deployments.carts.service import CartsService
from deployments.carts.store import CartsStore
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.loop import Loop, Runnable
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.http.signing import signing_keys
from deployments.foundation.redis.connection import client
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.settings import settings
from deployments.inventory.consumers import InventoryConsumers
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.mailer import MailDirectory
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.service import NotificationsService, Outlet
from deployments.notifications.store import NotificationsStore
from deployments.orders.consumers import OrdersConsumers
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore
from deployments.shipping.carrier import Carriers
from deployments.shipping.consumers import ShippingConsumers
from deployments.shipping.contract import AdvanceShipments
from deployments.shipping.sandbox import SandboxCarrier
from deployments.shipping.service import ShippingService
from deployments.shipping.store import ShippingStore
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.consumers import WebhooksConsumers
from deployments.webhooks.dispatcher import Dispatcher
from deployments.webhooks.resolver import Resolver
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import WebhooksStore
from tests.events.journal import EffectLog

OPTIONS = ConsumerOptions(
    lease_seconds=2.0, renew_seconds=0.4, block_seconds=0.2, recovery_seconds=0.2
)
"""As in production, but a dead reader's partitions are free after two seconds."""
CLAIM_SECONDS = 3.0
"""So soon a mail or a webhook is left to others by a sender that was killed."""
_SHIPMENTS_AT_ONCE = 50


class Part(NamedTuple):
    """What a service's process does: it consumes others, and may have work of its own."""

    subscriptions: Sequence[Subscription]
    work: Sequence[Runnable] = ()


def _inventory(redis: Redis) -> Part:
    service = InventoryService(InventoryStore(redis), utc_now)
    return Part(InventoryConsumers(service).subscriptions())


def _notifications(redis: Redis) -> Part:
    store = NotificationsStore(redis, claim_seconds=CLAIM_SECONDS)
    outlet = Outlet(
        MailRenderer(settings().mail_from), MailDirectory(settings().data_directory / "mail")
    )
    return Part(NotificationsConsumers(NotificationsService(store, outlet)).subscriptions())


def _orders(redis: Redis) -> Part:
    return Part(
        OrdersConsumers(OrdersService(OrdersStore(redis), settings().public_url)).subscriptions()
    )


def _shipping(redis: Redis) -> Part:
    sandbox = SandboxCarrier(
        settings().sandbox_dispatch_seconds, settings().sandbox_delivery_seconds, utc_now
    )
    service = ShippingService(ShippingStore(redis), carriers=Carriers([sandbox]))

    async def advance() -> bool:
        request = AdvanceShipments(limit=_SHIPMENTS_AT_ONCE)
        return (await service.advance(request)).count == _SHIPMENTS_AT_ONCE

    tracking = Loop("shipment_tracking", advance, every=0.2)
    return Part(ShippingConsumers(service).subscriptions(), [tracking])


def _carts(redis: Redis) -> Part:
    inventory = InventoryService(InventoryStore(client("inventory")), utc_now)
    catalog = CatalogStore(client("catalog"))
    service = CartsService(
        CartsStore(redis),
        CatalogService(catalog, LiveSnapshot(catalog), inventory),
        inventory,
        PricingService(PricingStore(client("pricing"))),
    )
    return Part(CartsConsumers(service).subscriptions())


def _webhooks(redis: Redis) -> Part:
    store = WebhooksStore(redis, claim_seconds=CLAIM_SECONDS)
    webhook_client = WebhookClient(
        Signer(signing_keys()),
        f"{settings().public_url}/.well-known/ucp",
        Resolver(),
        loopback=settings().allows_loopback_webhooks,
        seconds=CLAIM_SECONDS / 3,
    )
    dispatcher = Dispatcher(store, webhook_client)
    orders = OrdersService(OrdersStore(client("orders")), settings().public_url)
    service = WebhooksService(store, webhook_client, orders, queued=dispatcher.wake)
    delivering = Loop("webhooks' deliveries", dispatcher.tick, every=1.0, sleep=dispatcher.rest)
    return Part(WebhooksConsumers(service).subscriptions(), [delivering])


SERVICES: dict[str, Callable[[Redis], Part]] = {
    "carts": _carts,
    "inventory": _inventory,
    "notifications": _notifications,
    "orders": _orders,
    "shipping": _shipping,
    "webhooks": _webhooks,
}


async def main(service: str, journal: str) -> None:
    """Go on for ever."""
    redis, noted = client(service), EffectLog(Path(journal), service)
    part = SERVICES[service](redis)
    watched = [noted.watched(each, redis) for each in part.subscriptions]
    consumer = Consumer(service, redis, lambda at: client(service, at=at), watched, options=OPTIONS)
    await asyncio.gather(consumer.run(), *(work.run() for work in part.work))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
