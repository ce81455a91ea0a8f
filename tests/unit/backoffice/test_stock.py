"""Stock is received, corrected and counted by forms, once each, and never over a change."""

from __future__ import annotations

import pytest

from deployments.inventory.contract import (
    CheckAvailability,
    InventoryApi,
    ReserveStock,
    StockLine,
)
from deployments.orders.contract import OrdersApi
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office
from tests.unit.orders.sample_orders import order, undo

SKU = "TI-M267"
IDS = ("payment_id", "reservation_id")
"""Of an order, which checkout gives the id of its saga."""
PATH = f"/stock/sku/{SKU}"


@pytest.fixture
async def warehouse(office: Office) -> Browser:
    """The browser of somebody from the warehouse, in a shop with all that is shipped."""
    await office.host.start(consume=False)
    return await office.colleague("warehouse")


async def units(office: Office) -> int:
    inventory = office.host.connect(InventoryApi, app="inventory")
    return (await inventory.availability(CheckAvailability(skus=(SKU,)))).units[SKU]


async def location(browser: Browser) -> str:
    """Where some of it lies."""
    text = (await browser.get(PATH)).text
    return text.split('name="expected_')[1].split('"')[0]


async def test_a_delivery_is_booked_once_though_its_form_is_sent_twice(
    office: Office, warehouse: Browser
) -> None:
    before, page = await units(office), await warehouse.get(PATH)
    typed = {"quantity": "7", "reason": "delivery 42", "location_id": await location(warehouse)}
    for _ in range(2):
        shown = await warehouse.follow(await warehouse.send(page, "/receive", typed))
        assert "7 units received." in shown.text
    assert await units(office) == before + 7
    assert "delivery 42" in (await warehouse.get("/stock/movements")).text


async def test_taking_units_away_is_asked_for_once_more_and_says_how_many_are_left(
    office: Office, warehouse: Browser
) -> None:
    before, page = await units(office), await warehouse.get(PATH)
    typed = {"by": "-2", "reason": "broken", "location_id": await location(warehouse)}
    asked = await warehouse.send(page, "/adjust", typed)
    assert "This takes 2 units of TI-M267 away." in asked.text
    assert await units(office) == before
    await warehouse.send(asked, "/adjust", {})
    assert await units(office) == before - 2


async def test_more_than_there_is_cannot_be_taken(office: Office, warehouse: Browser) -> None:
    page, before = await warehouse.get(PATH), await units(office)
    typed = {"by": "-99999", "reason": "all gone", "location_id": await location(warehouse)}
    asked = await warehouse.send(page, "/adjust", typed)
    refused = await warehouse.send(asked, "/adjust", {})
    assert refused.status_code == 422
    assert await units(office) == before


async def test_a_count_that_somebody_overtook_shows_both_numbers(
    office: Office, warehouse: Browser
) -> None:
    page, where = await warehouse.get(PATH), await location(warehouse)
    expected = page.text.split(f'name="expected_{where}" value="')[1].split('"')[0]
    received = {"quantity": "5", "reason": "meanwhile", "location_id": where}
    await warehouse.send(await warehouse.get(PATH), "/receive", received)
    counted = {"counted": "3", "reason": "count", "location_id": where}
    stale = await warehouse.send(page, "/count", counted)
    assert stale.status_code == 422
    assert f"<mark>{expected}</mark>" in stale.text
    assert f"<mark>{int(expected) + 5}</mark>" in stale.text


async def test_what_is_typed_wrong_is_said_beside_the_field_of_its_form(
    office: Office, warehouse: Browser
) -> None:
    page = await warehouse.get(PATH)
    refused = await warehouse.send(page, "/receive", {"quantity": "many", "reason": "x"})
    assert refused.status_code == 422
    assert 'id="receive-quantity-wrong"' in refused.text
    assert 'id="adjust-reason-wrong"' not in refused.text


async def test_what_runs_low_is_listed_page_by_page(office: Office, warehouse: Browser) -> None:
    first = await warehouse.get("/stock?at_most=500")
    assert 'rel="next"' in first.text
    assert "at_most=500" in first.text
    odd = await warehouse.get("/stock?at_most=many&cursor=-1")
    assert odd.status_code == 200


async def test_units_are_allowed_to_be_sold_before_they_are_here(
    office: Office, warehouse: Browser
) -> None:
    inventory = office.host.connect(InventoryApi, app="inventory")
    typed = {"kind": "preorder", "units": "40", "expected": "2036-12-24", "reason": "new model"}
    page = await warehouse.get(PATH)
    for _ in range(2):
        shown = await warehouse.follow(await warehouse.send(page, "/ahead", typed))
        assert "40 units may be sold before they are here." in shown.text
    assert "Dec 24, 2036" in shown.text
    found = await inventory.availability(CheckAvailability(skus=(SKU,)))
    assert (found.ahead[SKU].units, found.ahead[SKU].kind) == (40, "preorder")
    assert "not here yet" in (await warehouse.get(f"/stock/movements?sku={SKU}")).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"expected": "2020-01-01"}, "expected"), ({"units": "-1"}, "units"), ({"kind": "x"}, "kind")],
)
async def test_what_cannot_be_allowed_is_told_beside_its_field(
    warehouse: Browser, wrong: dict[str, str], field: str
) -> None:
    typed = {"kind": "backorder", "units": "4", "expected": "2036-12-24", "reason": "x"}
    refused = await warehouse.send(await warehouse.get(PATH), "/ahead", {**typed, **wrong})
    assert refused.status_code == 422
    assert f'id="ahead-{field}-wrong"' in refused.text


async def test_orders_that_wait_for_a_sku_are_listed(office: Office, warehouse: Browser) -> None:
    inventory = office.host.connect(InventoryApi, app="inventory")
    here = (await inventory.availability(CheckAvailability(skus=(SKU,)))).units[SKU]
    typed = {"kind": "backorder", "units": "9", "expected": "2036-12-24", "reason": "x"}
    await warehouse.send(await warehouse.get(PATH), "/ahead", typed)
    assert "Who waits" not in (await warehouse.get(PATH)).text
    for saga, units in (("s1", here + 2), ("s2", 3), ("s3", 1)):
        lines = (StockLine(sku=SKU, quantity=units, may_wait=units),)
        await inventory.reserve(
            ReserveStock(key=f"{saga}:reserve", reservation_id=saga, lines=lines, seconds=900)
        )
    orders = office.host.connect(OrdersApi, app="orders")
    for saga in ("s1", "s2"):
        await orders.place(order(saga).model_copy(update=dict.fromkeys(IDS, saga)))
    await orders.withdraw(undo("s2"))
    page = await warehouse.follow(await warehouse.get(f"{PATH}/waiting"))
    assert "3 orders wait." in page.text
    rows = page.text.split("<tbody>")[1].split("</tr>")
    assert "FH-100001" in rows[0]
    assert ">2</td>" in rows[0]
    assert ["a checkout that goes on" in row for row in rows[1:3]] == [True, True]
    assert f"{PATH}/waiting" in (await warehouse.get(PATH)).text
    assert "Nobody waits." in (await warehouse.get("/stock/sku/none/waiting?cursor=x")).text
    catalogue = await office.colleague("catalogue", email="joan@example.org")
    assert (await catalogue.get(f"{PATH}/waiting")).status_code == 403
    assert f"{PATH}/waiting" not in (await catalogue.get(PATH)).text
