"""Units go from one location to another by forms that say in numbers what happens."""

from __future__ import annotations

import pytest

from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLocations,
    ListTransfers,
    StockLevel,
    Transfer,
)
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office

SKU = "TI-M267"


@pytest.fixture
async def warehouse(office: Office) -> Browser:
    """The browser of somebody from the warehouse, in a shop with all that is shipped."""
    await office.host.start(consume=False)
    return await office.colleague("warehouse")


def inventory(office: Office) -> InventoryApi:
    return office.host.connect(InventoryApi, app="inventory")


async def source(office: Office) -> StockLevel:
    """Where most of it lies."""
    found = await inventory(office).levels(GetLevels(skus=(SKU,)))
    return max(found.levels, key=lambda level: level.available)


async def on_their_way(office: Office) -> tuple[Transfer, ...]:
    return (await inventory(office).transfers(ListTransfers())).transfers


async def typed(office: Office, units: int = 2) -> dict[str, str]:
    start = await source(office)
    places = (await inventory(office).locations(ListLocations())).locations
    target = next(one.id for one in places if one.id != start.location_id)
    return {
        "source_id": str(start.location_id),
        "target_id": str(target),
        "lines": f"{SKU} {units}",
        "reason": "more room",
    }


async def test_units_are_sent_once_after_a_word_in_numbers_and_received(
    office: Office, warehouse: Browser
) -> None:
    before, fields = await source(office), await typed(office)
    asked = await warehouse.submit("/stock/transfers/new", fields)
    assert "2 units leave" in asked.text
    assert f">{before.available - 2}<" in asked.text
    assert await on_their_way(office) == ()
    for _ in range(2):
        listed = await warehouse.follow(await warehouse.send(asked, "/new", fields))
        assert "2 units are on their way." in listed.text
    (transfer,) = await on_their_way(office)
    assert (await source(office)).available == before.available - 2
    path = f"/stock/transfers/transfer/{transfer.id}/receive"
    arrival = await warehouse.get(path)
    assert "2 units from" in arrival.text
    refused = await warehouse.send(arrival, path, {"reason": ""})
    assert refused.status_code == 422
    done = await warehouse.follow(await warehouse.send(arrival, path, {"reason": "all here"}))
    assert "The transfer has arrived." in done.text
    assert await on_their_way(office) == ()
    assert (await warehouse.get(path)).status_code == 404


async def test_what_is_on_its_way_is_listed_by_location(office: Office, warehouse: Browser) -> None:
    fields = await typed(office)
    asked = await warehouse.submit("/stock/transfers/new", fields)
    await warehouse.send(asked, "/new", fields)
    here = await warehouse.get(f"/stock/transfers?location={fields['source_id']}")
    assert f">{SKU}</a>" in here.text
    elsewhere = await warehouse.get("/stock/transfers?location=999")
    assert "Nothing is on its way." in elsewhere.text
    assert (await warehouse.get("/stock/transfers?location=here")).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": "TI-M267"}, "lines"),
        ({"lines": "TI-M267 0"}, "lines"),
        ({"lines": "TI-M267 1\nTI-M267 2"}, "lines"),
        ({"lines": "TI-M267 999999"}, "lines"),
        ({"lines": ""}, "lines"),
        ({"reason": ""}, "reason"),
        ({"source_id": "1", "target_id": "1"}, "target_id"),
    ],
)
async def test_what_cannot_be_sent_is_told_beside_its_field(
    office: Office, warehouse: Browser, wrong: dict[str, str], field: str
) -> None:
    fields = {**await typed(office), **wrong}
    refused = await warehouse.submit("/stock/transfers/new", fields)
    assert refused.status_code == 422
    assert f'id="{field}-wrong"' in refused.text
    assert await on_their_way(office) == ()


async def test_somebody_was_faster(office: Office, warehouse: Browser) -> None:
    start = await source(office)
    fields = await typed(office, start.available)
    asked = await warehouse.submit("/stock/transfers/new", fields)
    other = await warehouse.submit("/stock/transfers/new", fields)
    await warehouse.send(asked, "/new", fields)
    refused = await warehouse.send(other, "/new", fields)
    assert refused.status_code == 422
    assert "What is set aside or sold stays." in refused.text
    assert len(await on_their_way(office)) == 1


async def test_a_location_is_made_and_renamed(office: Office, warehouse: Browser) -> None:
    new = {"id": "77", "name": "Shop window", "reason": "new"}
    shown = await warehouse.submit("/stock/locations", new)
    assert "Location 77 is called Shop window." in shown.text
    page = await warehouse.get("/stock/locations?id=77")
    assert 'value="Shop window"' in page.text
    await warehouse.submit("/stock/locations", {**new, "name": "<b>Door</b>"})
    found = (await inventory(office).locations(ListLocations())).locations
    assert [one.name for one in found if one.id == 77] == ["<b>Door</b>"]
    assert "<b>Door</b>" not in (await warehouse.get("/stock/locations")).text
    refused = await warehouse.submit("/stock/locations", {**new, "id": "0"})
    assert refused.status_code == 422
    assert 'id="id-wrong"' in refused.text
