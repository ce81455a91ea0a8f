"""What staff change in other services is in the audit log: once, and whoever publishes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module

import pytest
from redis.asyncio import Redis

from deployments.foundation.events.publishing import Event
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.values.authorship import Author, Change
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import NameLocation, ReceiveDelivery, ReceivedUnits
from deployments.staff.consumers import changes_of
from deployments.store import placed
from deployments.topology import BY_NAME, TOPOLOGY
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.staff.composed_staff import ComposedStaff

SOON = ConsumerOptions(renew_seconds=0.1, block_seconds=0.05)
BOB = Author(kind="person", id="bob@example.org", name="Bob", address="192.0.2.9")
NIGHTLY = Author(kind="token", id="token_1", name="nightly import (bob@example.org)")


@pytest.fixture
async def host(redis_of: ClientOf) -> AsyncIterator[Host]:
    """Inventory and staff, which consumes."""

    def enter(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    host = Host(placed(("inventory", "staff")), enter, nowhere, options=SOON)
    await host.start(seed=False)
    yield host
    await host.stop()


def received(key: str, author: Author, *skus: str) -> ReceiveDelivery:
    rows = tuple(ReceivedUnits(sku=sku, location_id=1, quantity=3) for sku in skus)
    return ReceiveDelivery(key=key, author=author, reason="order 17", rows=rows)


async def stock_changes(shop: ComposedStaff) -> list[Change]:
    return [one for one in await shop.log() if one.subject.startswith("inventory/")]


async def test_a_change_elsewhere_is_appended_once(host: Host, shop: ComposedStaff) -> None:
    inventory = host.connect(InventoryApi, app="inventory")
    await inventory.name_location(NameLocation(author=BOB, id=1, name="Tool Crib"))
    for _ in range(2):
        await inventory.receive_delivery(received("first", BOB, "TI-1", "TI-2"))
    await inventory.receive_delivery(received("second", NIGHTLY, "TI-1"))

    async def is_told() -> bool:
        return len(await stock_changes(shop)) == 4

    await eventually(is_told)
    told = await stock_changes(shop)
    assert {one.author.id for one in told} == {BOB.id, NIGHTLY.id}
    deliveries = [one for one in told if one.reason == "order 17"]
    assert len(deliveries) == 3
    assert {one.author.address for one in deliveries if one.author == BOB} == {"192.0.2.9"}
    assert all(one.before != one.after for one in deliveries)


@pytest.mark.parametrize("service", [one.name for one in TOPOLOGY if one.publishes])
def test_every_event_with_a_change_is_subscribed_to(service: str) -> None:
    declared = vars(import_module(f"deployments.{service}.events")).values()
    events = [one for one in declared if isinstance(one, type) and issubclass(one, Event)]
    carrying = [
        one
        for one in events
        if any("Change" in str(field.annotation) for field in one.model_fields.values())
        and "type" in vars(one)
    ]
    assert changes_of(service) == carrying
    assert bool(carrying) == (service in BY_NAME["staff"].subscribes_to)
