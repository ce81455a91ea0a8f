"""Carts, sessions and orders show the first picture of what they are about, at no further call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.carts.contract import CreateCart
from deployments.carts.contract.contents import CartContents, CartLine, WantedLine
from deployments.carts.wire import cart_json
from deployments.catalog.contract.documents import GetDocument
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import Picture, Thumbnail
from deployments.checkout.wire import checkout_json
from deployments.foundation.http.ucp import Json
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.values.authorship import STORE
from deployments.orders.wire import order_json
from tests.conftest import ClientOf
from tests.ucp_schemas import assert_valid
from tests.unit.catalog.catalog_replica import eventually
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT
from tests.unit.checkout.shopping import completing, contents, order_of, ready
from tests.unit.checkout.test_sale import SellingServices

FILES = {key_of(content, "png"): content for content in (b"front", b"back", b"small")}
FRONT, BACK, SMALL = FILES
URL = f"https://shop.example/catalog/pictures/{FRONT}"


@pytest.fixture
async def services(
    redis_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SellingServices]:
    """Shirts have two pictures, bikes none."""
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path))
    monkeypatch.setenv("FIELDHOUSE_PUBLIC_URL", "https://shop.example")
    for key, content in FILES.items():
        await Objects(str(tmp_path)).put(key, content, "image/png")
    services = SellingServices(redis_of)
    await services.stock()
    await services.selling.snapshot.start()
    await services.sell(SHIRT)
    await services.sell(BIKE)
    await picture(services, FRONT, BACK)
    yield services
    await finish_detached()
    await services.selling.snapshot.stop()


async def picture(services: SellingServices, *keys: str) -> None:
    """Give the shirt these pictures, and wait until they are shown."""
    catalog = services.selling
    seen = await catalog.service.document(GetDocument(id=SHIRT.product_id))
    small = Thumbnail(key=SMALL, width=32, height=16)
    pictures = tuple(Picture(key=key, width=64, height=32, thumbnail=small) for key in keys)
    await catalog.service.change_pictures(
        ChangePictures(
            author=STORE,
            product_id=seen.product.id,
            pictures=pictures,
            revision=seen.revision,
        )
    )
    now = catalog.snapshot
    await eventually(lambda: now.assortment.products[SHIRT.product_id].pictures == pictures)


def images(body: Json) -> list[str | None]:
    """What is shown of each line."""
    return [line["item"].get("image_url") for line in body["line_items"]]


async def test_carts_sessions_and_orders_show_the_first_picture(services: SellingServices) -> None:
    lines = tuple(WantedLine(item_id=sku, quantity=1) for sku in (SHIRT.sku, BIKE.sku))
    cart = await services.carts.create(
        CreateCart(platform=PLATFORM, contents=CartContents(lines=lines))
    )
    shown = cart_json(cart)
    assert images(shown) == [URL, None]
    assert_valid("cart", shown)

    asked = services.catalog.calls.count("resolve")
    session = await ready(services.checkout)
    assert services.catalog.calls.count("resolve") - asked == 1
    assert set(services.catalog.calls) == {"resolve"}
    shown = checkout_json(session)
    assert images(shown) == [URL]
    assert_valid("checkout", shown)

    done = await services.checkout.complete(completing(session))
    order = order_json(await order_of(services, done))
    assert images(order) == [URL]
    assert_valid("order", order)
    await picture(services)
    assert images(order_json(await order_of(services, done))) == [URL], "as it was bought"
    assert images(checkout_json(await ready(services.checkout))) == [None]


async def test_what_has_no_picture_costs_nothing(services: SellingServices) -> None:
    session = await ready(services.checkout, sku=BIKE.sku)
    (line,) = session.lines
    assert "image" not in line.model_dump_json()
    assert CartLine.model_validate_json(line.model_dump_json()) == line
    done = await services.checkout.complete(completing(session))
    assert "image" not in (await order_of(services, done)).model_dump_json()


def test_a_buyer_says_nothing_of_pictures() -> None:
    assert "image_path" not in contents().model_dump_json()
