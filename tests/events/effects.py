"""What must have come of all purchases when nothing is left to do: each effect exactly once.

Counted where the effects arrive: in mailboxes, at the platform's endpoint, in the stock.
"""

from __future__ import annotations

import email
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import policy
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from deployments.carts.store import CartsStore
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import LagMeter
from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.clock import utc_now
from deployments.inventory.domain.stock import State
from deployments.inventory.records import InventoryRecords
from deployments.orders.contract import GetOrder
from deployments.orders.contract.order import Order
from deployments.orders.deployment import compose
from deployments.orders.events import (
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderProcessing,
    OrderShipped,
)
from deployments.orders.service import OrdersService
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from deployments.topology import SUBSCRIPTIONS
from deployments.webhooks.dispatcher import CLAIM_SECONDS
from deployments.webhooks.domain import webhook_id
from deployments.webhooks.store import WebhooksStore
from tests.composing import service_of
from tests.conftest import ClientOf
from tests.events.buyers import LOCATIONS, PLATFORM, Bought
from tests.events.platform_endpoint import PlatformEndpoint
from tests.published_events import published

MAILED = (OrderPlaced.type, OrderShipped.type, OrderDelivered.type)
_DUE = "{shipping}:due"


async def waiting(redis_of: ClientOf, services: Iterable[str]) -> int:
    """How many events, shipments and webhooks are still on their way."""
    left = await cast(Any, redis_of("shipping").zcard(_DUE))
    left += (await _webhooks_of(redis_of).totals()).waiting
    for service in services:
        redis = redis_of(service)
        publishers = dict.fromkeys(SUBSCRIPTIONS[service], redis)
        for lag in await LagMeter(service, redis, publishers).measure():
            left += lag.waiting
    return int(left)


def _webhooks_of(redis_of: ClientOf) -> WebhooksStore:
    return WebhooksStore(redis_of("webhooks"), claim_seconds=CLAIM_SECONDS)


async def by_order(redis_of: ClientOf) -> dict[str, list[Envelope]]:
    """What orders published, by order and in its sequence; there are no gaps in it."""
    found: dict[str, list[Envelope]] = defaultdict(list)
    for event in await published(redis_of("orders"), "orders"):
        found[event.subject].append(event)
    return found


@dataclass(frozen=True)
class ExpectedEffects:
    """Everything that was bought, against everything that came of it."""

    redis_of: ClientOf
    bought: Mapping[str, Bought]
    events: Mapping[str, Sequence[Envelope]]

    async def check(self, mail: Path, endpoint: PlatformEndpoint) -> None:
        """Fails at the first thing that is missing, or there twice."""
        assert self.events.keys() == self.bought.keys()
        for order_id in self.bought:
            self._each_event_once(order_id)
        await self._orders_are_complete()
        await self._shipments_cover_what_was_bought()
        await self._units_have_moved_once()
        await self._carts_are_bought()
        self._mails(mail)
        await self._webhooks(endpoint)
        await self._nothing_was_given_up()

    def _each_event_once(self, order_id: str) -> None:
        """Placed, paid, and of every shipment that it was prepared, shipped and delivered."""
        parts = self.bought[order_id].parts
        kinds = [event.type for event in self.events[order_id]]
        assert kinds[:2] == [OrderPlaced.type, OrderPaid.type], (order_id, kinds)
        moves = (OrderProcessing, OrderShipped, OrderDelivered)
        expected = {kind.type: parts for kind in moves}
        assert Counter(kinds[2:]) == expected, (order_id, kinds)

    def _orders(self) -> OrdersService:
        return service_of(compose(self.redis_of("orders"), nowhere), OrdersService)

    async def _orders_are_complete(self) -> None:
        service = self._orders()
        for order_id in self.bought:
            order = await service.get(GetOrder(order_id=order_id, platform=PLATFORM))
            self._is_complete(order)

    def _is_complete(self, order: Order) -> None:
        assert order.paid
        for item in order.items:
            assert order.units(item.id, "delivered") == item.quantity
            assert order.units(item.id, "processing") == item.quantity
        steps = Counter(entry.what for entry in order.history)
        parts = self.bought[order.id].parts
        moves = dict.fromkeys(("processing", "shipped", "delivered"), parts)
        assert steps == Counter({"placed": 1, "paid": 1, **moves}), order.history

    async def _shipments_cover_what_was_bought(self) -> None:
        envelopes = await published(self.redis_of("shipping"), "shipping")
        units: dict[str, Counter[str]] = defaultdict(Counter)
        for envelope in envelopes:
            if envelope.type == ShipmentCreated.type:
                event = event_of(envelope, ShipmentCreated)
                for line in event.lines:
                    assert LOCATIONS[line.sku] == event.location_id
                    units[event.order_id][line.sku] += line.quantity
        assert units == {order: bought.units for order, bought in self.bought.items()}
        moves = Counter(envelope.type for envelope in envelopes)
        for kind in (ShipmentCreated, ShipmentDispatched, ShipmentDelivered):
            assert moves[kind.type] == sum(bought.parts for bought in self.bought.values())

    async def _units_have_moved_once(self) -> None:
        inventory = InventoryRecords(self.redis_of("inventory"))
        assert await inventory.check() == ()
        found: dict[State, Counter[str]] = defaultdict(Counter)
        for (sku, _, state), quantity in (await inventory.stock()).items():
            found[state][sku] += quantity
        sold = sum((bought.units for bought in self.bought.values()), Counter[str]())
        assert +found[State.SHIPPED] == sold
        assert +found[State.COMMITTED] == +found[State.RESERVED] == Counter()

    async def _carts_are_bought(self) -> None:
        """Each knows how it could be delivered, and none counts as left."""
        store, now = CartsStore(self.redis_of("carts")), utc_now()
        carts = [bought.cart_id for bought in self.bought.values() if bought.cart_id is not None]
        for cart_id in carts:
            _, delivery = await store.read(cart_id, PLATFORM, now)
            assert delivery is not None
            assert delivery.estimate.options
        assert await store.publish_abandoned(now, len(carts) + 1, now) == 0

    def _mails(self, directory: Path) -> None:
        """One for each event, to its buyer, and no other."""
        expected = {
            event.id: self.bought[order_id].email
            for order_id, events in self.events.items()
            for event in events
            if event.type in MAILED
        }
        assert {file.stem: _addressee(file) for file in mails(directory)} == expected

    async def _webhooks(self, endpoint: PlatformEndpoint) -> None:
        """Of every order and no other: each delivery had news, in their order, the last had all."""
        assert endpoint.first.keys() == self.events.keys()
        service = self._orders()
        for order_id, events in self.events.items():
            told = endpoint.first[order_id]
            ids = [delivered.id for delivered in told]
            assert ids == [id_ for id_ in map(webhook_id, (e.id for e in events)) if id_ in ids]
            assert all(one.body != next_.body for one, next_ in pairwise(told)), order_id
            shown = await service.render(GetOrder(order_id=order_id, platform=PLATFORM))
            assert _but_for_its_address(told[-1].order) == _but_for_its_address(shown.body)

    async def _nothing_was_given_up(self) -> None:
        for service in SUBSCRIPTIONS:
            assert await DeadLetters(service, self.redis_of(service)).count() == 0, service
        assert (await _webhooks_of(self.redis_of).totals()).dead == 0


def _but_for_its_address(order: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name != "permalink_url"}


def mails(directory: Path) -> list[Path]:
    """All mails that were handed over."""
    return list(directory.glob("[!.]*.eml"))


def _addressee(file: Path) -> str:
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    return str(message["To"])
