"""A cart has one currency, that of what is in it."""

from __future__ import annotations

import httpx
import pytest

from deployments.carts.contract import CreateCart, ReplaceCart
from deployments.carts.contract.contents import MixedCurrencies
from tests.ucp_schemas import assert_valid
from tests.unit.carts.services import PLATFORM, SHIRT, Services, body, contents, variant

EURO = variant("EURO", "Cap", 1500).model_copy(update={"currency": "EUR"})


@pytest.fixture(autouse=True)
def sold_in_euros(services: Services) -> None:
    """The catalogue has an item in another currency."""
    services.catalog.items[EURO.sku] = EURO


async def test_a_cart_is_in_the_currency_of_its_items(services: Services) -> None:
    wanted = CreateCart(platform=PLATFORM, contents=contents((EURO.sku, 2)))
    assert (await services.carts.create(wanted)).currency == "EUR"


async def test_items_of_two_currencies_make_no_cart_and_change_none(services: Services) -> None:
    both = contents((EURO.sku, 1), (SHIRT.sku, 1))
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        await services.carts.create(CreateCart(platform=PLATFORM, contents=both))
    cart = await services.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))
    )
    with pytest.raises(MixedCurrencies):
        await services.carts.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=both))


async def test_over_http_it_says_what_to_do(http: httpx.AsyncClient) -> None:
    answer = await http.post("/carts", json=body((EURO.sku, 1), (SHIRT.sku, 1)))
    assert answer.status_code == 200
    assert_valid("error", answer.json())
    (message,) = answer.json()["messages"]
    assert (message["code"], message["severity"]) == ("mixed_currencies", "unrecoverable")
