"""Prices, stock and codes of a file, each with what refuses it."""

from __future__ import annotations

import pytest

from deployments.catalog.contract.documents import ChangePrice
from deployments.inventory.contract.changes import ReceiveDelivery, ReceivedUnits
from deployments.pricing.contract.codes import GetCode
from tests.unit.backoffice.imports.shop import ADA, AT, SKU, Shop, csv_of

PRICES = ("sku", "price", "starts")
STOCK = ("sku", "location_id", "on_hand", "counted", "received", "adjust_by")
CODES = ("code", "title", "kind", "percent", "starts", "ends", "skus", "max_redemptions", "enabled")
SUMMER = (
    *("SUMMER", "Summer", "percent", "12.5", "2026-06-01", "2036-08-31", f"{SKU} | FB-1", "100"),
    "yes",
)


async def test_a_price_changes_and_another_is_planned(shop: Shop) -> None:
    file = csv_of(PRICES, (SKU, "27.75", ""), (SKU, "19.99", "2036-12-01"))
    run = await shop.imported("prices", file)
    assert (run.made.changed, run.made.refused) == (2, 0)
    assert await shop.price() == 2775
    (planned,) = (await shop.document()).scheduled
    assert (planned.price, planned.starts.year) == (1999, 2036)
    again = await shop.hand_in("prices", file, again=True)
    assert (again.checked.same, again.checked.changed) == (2, 0)


async def test_a_price_that_somebody_changes_meanwhile_is_left_alone(shop: Shop) -> None:
    run = await shop.hand_in("prices", csv_of(PRICES, (SKU, "27.75", "")))
    await shop.catalog.change_price(ChangePrice(sku=SKU, price=3000, author=ADA))
    done = await shop.run(run)
    assert (done.made.refused, done.made.changed) == (1, 0)
    assert await shop.price() == 3000


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("NOPE", "1", ""), "catalog.unknown_item"),
        ((SKU, "dear", ""), "no number"),
        ((SKU, "1", "soon"), "Write it as"),
        (("", "1", ""), "is not valid"),
    ],
)
async def test_a_price_that_makes_no_sense(shop: Shop, row: tuple[str, ...], why: str) -> None:
    run = await shop.hand_in("prices", csv_of(PRICES, row, (SKU, "27.75", "")))
    assert (run.checked.refused, run.checked.changed) == (1, 1)
    assert why in (await shop.refused(run))[0].message


async def test_a_delivery_a_correction_and_a_count(shop: Shop) -> None:
    before = (await shop.on_hand())[AT]
    file = csv_of(STOCK, (SKU, AT, "", "", 7, ""))
    assert (await shop.imported("stock", file)).made.changed == 1
    assert (await shop.on_hand())[AT] == before + 7
    await shop.imported("stock", csv_of(STOCK, (SKU, AT, "", "", "", -2)))
    assert (await shop.on_hand())[AT] == before + 5
    await shop.imported("stock", csv_of(STOCK, (SKU, AT, before + 5, before + 9, "", "")))
    assert (await shop.on_hand())[AT] == before + 9
    told = await shop.changes_of("inventory")
    assert {one["author"]["id"] for one in told} == {ADA.id}
    assert all(one["reason"].startswith("spring · import ") for one in told)


async def test_a_count_that_a_delivery_overtook_is_refused(shop: Shop) -> None:
    before = (await shop.on_hand())[AT]
    run = await shop.hand_in("stock", csv_of(STOCK, (SKU, AT, before, before + 1, "", "")))
    row = ReceivedUnits(sku=SKU, location_id=AT, quantity=5)
    await shop.inventory.receive_delivery(ReceiveDelivery(key="x", author=ADA, rows=(row,)))
    done = await shop.run(run)
    assert done.made.refused == 1
    assert (await shop.refused(done))[0].message == "inventory.stale_count"
    assert (await shop.on_hand())[AT] == before + 5


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("NOPE", AT, "", "", 1, ""), "has no SKU"),
        ((SKU, 999, "", "", 1, ""), "no location"),
        ((SKU, "", "", "", 1, ""), "location_id is blank"),
        ((SKU, AT, "", 1, 1, ""), "Fill in one of"),
        ((SKU, AT, "", -1, "", ""), "below zero"),
        ((SKU, AT, "", "1.5", "", ""), "no whole number"),
        ((SKU, AT, "", "", 10**10, ""), "is not valid"),
    ],
)
async def test_stock_that_makes_no_sense(shop: Shop, row: tuple[object, ...], why: str) -> None:
    run = await shop.hand_in("stock", csv_of(STOCK, row, (SKU, AT, "", "", 3, "")))
    assert (run.checked.refused, run.checked.changed) == (1, 1)
    assert why in (await shop.refused(run))[0].message


async def test_more_than_there_is_cannot_be_taken(shop: Shop) -> None:
    done = await shop.imported("stock", csv_of(STOCK, (SKU, AT, "", "", "", -(10**6))))
    assert done.made.refused == 1
    assert (await shop.refused(done))[0].message == "inventory.not_enough_units"


async def test_a_code_is_made_and_changed(shop: Shop) -> None:
    done = await shop.imported("codes", csv_of(CODES, SUMMER))
    assert (done.made.new, done.made.refused) == (1, 0)
    code = (await shop.pricing.code(GetCode(code="summer"))).code
    assert (code.percent, code.max_redemptions) == ("12.5", 100)
    assert code.scope.skus == {SKU, "FB-1"}
    run = await shop.imported("codes", csv_of(("code", "enabled"), ("summer", "no")))
    assert run.made.changed == 1
    after = (await shop.pricing.code(GetCode(code="SUMMER"))).code
    assert after == code.model_copy(update={"enabled": False, "code": after.code})


@pytest.mark.parametrize(
    ("place", "cell"), [(2, "gift"), (3, "half"), (4, "soon"), (7, "some"), (8, "perhaps")]
)
async def test_a_code_that_makes_no_sense(shop: Shop, place: int, cell: str) -> None:
    row = [*SUMMER[:place], cell, *SUMMER[place + 1 :]]
    run = await shop.hand_in("codes", csv_of(CODES, row))
    assert (run.checked.refused, run.checked.new) == (1, 0)
