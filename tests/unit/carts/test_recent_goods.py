"""Carts ask about the same thing once in a moment, and show it as it was said then."""

from __future__ import annotations

import pytest

from deployments.carts.contract import CreateCart
from deployments.carts.contract.contents import NothingToBuy
from tests.conftest import ClientOf
from tests.unit.carts.services import PLATFORM, SHIRT, Services, contents


@pytest.fixture
async def services(redis_of: ClientOf) -> Services:
    services = Services(redis_of, recent_seconds=1.0)
    await services.stock()
    return services


def wanted() -> CreateCart:
    return CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))


async def test_carts_of_one_moment_share_what_the_catalogue_and_inventory_said(
    services: Services,
) -> None:
    first = await services.carts.create(wanted())
    services.catalog.down = services.inventory.down = True
    second = await services.carts.create(wanted())
    assert [line.sku for line in second.lines] == [line.sku for line in first.lines]
    assert services.catalog.asked == 1


async def test_what_is_gone_is_not_sold_for_longer_than_a_moment(services: Services) -> None:
    await services.carts.create(wanted())
    services.catalog.items.clear()
    services.clock.forward(1)
    with pytest.raises(NothingToBuy):
        await services.carts.create(wanted())
