"""Purchases through the real services in this process, as fast as they go."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass

from deployments.carts.contract import CartsApi, CreateCart
from deployments.carts.contract.contents import WantedLine
from deployments.checkout.contract import (
    CheckoutApi,
    CompleteSession,
    CreateSession,
    DeliveryAddress,
    SessionContents,
    WantedDelivery,
)
from deployments.foundation.placement.host import Host
from deployments.foundation.rpc.detach import finish_detached
from deployments.inventory.contract import InventoryApi, ReceiveStock, StockRow
from deployments.payments.contract import Instrument

PLATFORM = "acme"
UNITS = 1_000_000
LOCATIONS = {"TI-M267": 101, "HL-U509-R": 102, "PK-7098": 101, "WB-H098": 103}
"""What is bought, and where alone there is plenty of it: so some orders travel in parts."""
_AT_ONCE = 8
_HOME = DeliveryAddress(
    id="home",
    street_address="1 Main St",
    address_locality="Davis",
    address_region="CA",
    address_country="US",
    postal_code="95616",
)
_CARD = Instrument.model_validate(
    {
        "handler_id": "org.fieldhouse.sandbox",
        "type": "card",
        "credential_type": "token",
        "token": "success_token",
    }
)


@dataclass(frozen=True)
class Bought:
    """One purchase: to whom its mail goes, how many units of each SKU, and from which cart."""

    email: str
    units: Counter[str]
    cart_id: str | None

    @property
    def parts(self) -> int:
        """In how many shipments it must travel."""
        return len({LOCATIONS[sku] for sku in self.units})


class Buyers:
    """Buys for a number of buyers, each once. `bought` has what was bought by the order's id."""

    def __init__(self, store: Host, seed: int) -> None:
        self._chance = random.Random(seed)
        self._inventory = store.connect(InventoryApi, app="inventory")
        self._checkout = store.connect(CheckoutApi, app="checkout", seconds=60.0)
        self._carts = store.connect(CartsApi, app="carts")
        self.bought: dict[str, Bought] = {}

    async def add_stock(self) -> None:
        """Enough for everybody, at locations that have nothing else."""
        rows = tuple(
            StockRow(sku=sku, location_id=at, location_name=f"Store {at}", quantity=UNITS)
            for sku, at in LOCATIONS.items()
        )
        await self._inventory.receive(ReceiveStock(batch="storm", rows=rows))

    async def buy(self, orders: int) -> None:
        """So many orders, some at once; every saga has ended when this does."""
        numbers = iter(range(orders))

        async def one_after_another() -> None:
            for number in numbers:
                await self._buy(number)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(one_after_another())
        await finish_detached()

    async def _buy(self, number: int) -> None:
        email = f"buyer-{number}@example.com"
        skus = self._chance.sample(sorted(LOCATIONS), self._chance.randint(1, 2))
        units = Counter({sku: self._chance.randint(1, 3) for sku in skus})
        contents = SessionContents(
            lines=tuple(WantedLine(item_id=sku, quantity=count) for sku, count in units.items()),
            buyer={"email": email},
            delivery=WantedDelivery(destinations=(_HOME,), option_id="1"),
        )
        cart_id = await self._fill_cart(contents) if self._chance.random() < 0.3 else None
        request = CreateSession(platform=PLATFORM, contents=contents, cart_id=cart_id)
        session = (await self._checkout.create(request)).session
        assert session.status == "ready_for_complete", session.notices
        done = await self._checkout.complete(
            CompleteSession(session_id=session.id, platform=PLATFORM, instrument=_CARD)
        )
        assert done.order is not None, done.notices
        self.bought[done.order.order_id] = Bought(email, units, cart_id)

    async def _fill_cart(self, contents: SessionContents) -> str:
        request = CreateCart(
            platform=PLATFORM,
            contents=contents.model_copy(update={"context": {"address_country": "US"}}),
        )
        return (await self._carts.create(request)).id
