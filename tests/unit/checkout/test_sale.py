"""A sale that ends while a session is open: the session is told, and nothing is sold."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from deployments.carts.contract import CreateCart
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.catalog.contract import Product, Variant
from deployments.checkout.contract import CreateSession, ReplaceSession, Session
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from tests.conftest import ClientOf
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport, eventually
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, Services
from tests.unit.checkout.shopping import assert_books_are_straight, completing, contents, ready

LINES = (WantedLine(item_id=SHIRT.sku, quantity=1), WantedLine(item_id=BIKE.sku, quantity=1))
ENDED = "Shirt, M is discontinued. Remove it, or look it up in the catalogue."


class SellingServices(Services):
    """Checkout with a real catalogue."""

    def shelf(self) -> object:
        self.selling = CatalogReplica(self.redis_of("catalog"), StockTransport())
        return self.selling.service

    async def sell(self, variant: Variant, until: datetime | None = None, batch: str = "") -> None:
        """Have the catalogue show a variant as it is from now on."""
        sold = variant.model_copy(update={"on_sale_until": until})
        product = Product(id=sold.product_id, title="It", description="It.", variants=(sold,))
        await self.selling.sells(product, batch=batch or sold.sku)
        products = self.selling.snapshot
        await eventually(
            lambda: products.assortment.products[sold.product_id].variants[0].on_sale_until == until
        )

    async def end_sale(self) -> None:
        """Shirts are discontinued."""
        await self.sell(SHIRT, self.selling.clock() - timedelta(days=1), batch="the end")


@pytest.fixture
async def services(redis_of: ClientOf) -> AsyncIterator[SellingServices]:
    services = SellingServices(redis_of)
    await services.stock()
    await services.selling.snapshot.start()
    await services.sell(SHIRT)
    await services.sell(BIKE)
    yield services
    await services.selling.snapshot.stop()


def told(notices: tuple[Notice, ...]) -> list[tuple[str, str | None, str]]:
    return [(each.code, each.path, each.content) for each in notices if each.type == "error"]


async def both(services: SellingServices) -> Session:
    """A session of a shirt and a bike that can be completed."""
    wanted = contents().model_copy(update={"lines": LINES})
    created = await services.checkout.create(CreateSession(platform=PLATFORM, contents=wanted))
    assert created.session.status == "ready_for_complete"
    return created.session


async def test_a_session_is_told_when_it_is_replaced(services: SellingServices) -> None:
    session = await both(services)
    await services.end_sale()
    wanted = contents().model_copy(update={"lines": LINES})
    replaced = await services.checkout.replace(
        ReplaceSession(session_id=session.id, platform=PLATFORM, contents=wanted)
    )
    assert told(replaced.notices) == [("item_unavailable", "$.line_items[0]", ENDED)]
    assert replaced.status == "incomplete"
    assert [line.sku for line in replaced.lines] == [BIKE.sku]


async def test_a_session_is_told_when_it_is_completed(
    services: SellingServices, admin: Redis
) -> None:
    session = await both(services)
    await services.end_sale()
    refused = await services.checkout.complete(completing(session))
    await finish_detached()
    assert told(refused.notices) == [("item_unavailable", "$.line_items[0]", ENDED)]
    assert refused.status == "incomplete"
    assert await assert_books_are_straight(services, admin, [session]) == []


async def test_what_is_on_sale_is_sold(services: SellingServices, admin: Redis) -> None:
    session = await both(services)
    await services.sell(SHIRT, services.selling.clock() + timedelta(days=1), batch="soon over")
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    assert done.status == "completed"
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_without_the_catalogue_it_is_sold_as_it_was_shown(
    services: SellingServices, admin: Redis
) -> None:
    session = await ready(services.checkout)
    services.catalog.before["resolve"] = lambda: DependencyUnavailable("catalog", "it is away")
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    assert done.status == "completed"
    await assert_books_are_straight(services, admin, [session])


async def test_a_cart_is_told_too(services: SellingServices) -> None:
    await services.end_sale()
    cart = await services.carts.create(
        CreateCart(platform=PLATFORM, contents=CartContents(lines=LINES))
    )
    assert told(cart.notices) == [("item_unavailable", "$.line_items[0]", ENDED)]
    assert [line.sku for line in cart.lines] == [BIKE.sku]
