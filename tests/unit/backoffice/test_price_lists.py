"""Price lists are typed as lines, compared where two people meet, and price a cart at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.backoffice.language import LANGUAGES, Language
from deployments.backoffice.pages.price_lists import entry_line, entry_of
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.price_lists import ListPriceLists, PriceEntry, PriceList
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office

SKU = "TI-M267"
WHERE = "/price-lists/list/trade"
TYPED: dict[str, Any] = {
    "id": "trade",
    "title": "Trade prices",
    "groups": ["resellers"],
    "starts": "2026-01-01",
    "ends": "2036-12-31",
    "enabled": "yes",
    "entries": f'{SKU}; 1; 20.00\n{SKU}; 10; 17.50\n"Bikes"; 2; 5 %\n*; 50; 2.5%',
    "reason": "as agreed",
}


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue, in a shop with all that is shipped."""
    await office.host.start(consume=False)
    return await office.colleague("catalogue")


async def trade(office: Office) -> PriceList:
    pricing = office.host.connect(PricingApi, app="pricing")
    (found,) = (await pricing.price_lists(ListPriceLists())).price_lists
    return found.price_list


async def test_a_list_is_made_and_prices_a_cart(office: Office, editor: Browser) -> None:
    shown = await editor.submit("/price-lists/new", TYPED)
    assert "The list is saved." in shown.text
    assert (await trade(office)).entries == (
        PriceEntry(sku=SKU, price=2000),
        PriceEntry(sku=SKU, at_least=10, price=1750),
        PriceEntry(category="Bikes", at_least=2, percent="5"),
        PriceEntry(at_least=50, percent="2.5"),
    )
    theirs = await editor.get(f"/codes/preview?lines={SKU}+10&group=resellers")
    assert "Trade prices" in theirs.text
    assert "$175.00" in theirs.text
    assert "Trade prices" not in (await editor.get(f"/codes/preview?lines={SKU}+10")).text
    listed = await editor.get("/price-lists")
    assert "Volume Discount 11 to 14" in listed.text
    assert (await editor.submit("/price-lists/new", {**TYPED, "title": "B"})).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"entries": f"{SKU}; 1"}, "entries"),
        ({"entries": f"{SKU}; 0; 1.00"}, "entries"),
        ({"entries": f"{SKU}; 1; 1.00\n{SKU}; 1; 2.00"}, "entries"),
        ({"entries": "*; 1; 1.00"}, "entries"),
        ({"entries": f"{SKU}; 1; 101 %"}, "entries"),
        ({"entries": ""}, "entries"),
        ({"ends": "2025-01-01"}, "ends"),
        ({"id": "Trade prices"}, "id"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    editor: Browser, wrong: dict[str, str], field: str
) -> None:
    refused = await editor.submit("/price-lists/new", {**TYPED, **wrong})
    assert refused.status_code == 422
    assert f'id="{field}-wrong"' in refused.text
    assert 'value="Trade prices"' in refused.text


async def test_two_people_who_change_one_list_see_what_differs(
    office: Office, editor: Browser
) -> None:
    await editor.submit("/price-lists/new", TYPED)
    page = await editor.get(WHERE)
    await editor.send(page, WHERE, {**TYPED, "entries": f"{SKU}; 1; 19.00"})
    stale = await editor.send(page, WHERE, {**TYPED, "entries": f"{SKU}; 1; 18.00"})
    assert stale.status_code == 422
    for price in ("19.00", "18.00"):
        assert f"<mark>{SKU}; 1; {price}</mark>" in stale.text
    await editor.send(stale, WHERE, {**TYPED, "entries": f"{SKU}; 1; 18.00"})
    assert (await trade(office)).entries == (PriceEntry(sku=SKU, price=1800),)


async def test_removing_a_list_says_in_numbers_what_happens(
    office: Office, editor: Browser
) -> None:
    await editor.submit("/price-lists/new", TYPED)
    page = await editor.get(f"{WHERE}/remove")
    assert "It has 4 entries." in page.text
    assert "These prices were for resellers. From now on they are for nobody." in page.text
    unreasoned = await editor.send(page, "/remove", {})
    assert (unreasoned.status_code, 'id="reason-wrong"' in unreasoned.text) == (422, True)
    await editor.send(await editor.get(WHERE), WHERE, {**TYPED, "title": "Better prices"})
    stale = await editor.send(page, "/remove", {"reason": "over"})
    assert "Somebody else changed this list meanwhile" in stale.text
    assert (await trade(office)).title == "Better prices"
    done = await editor.follow(await editor.send(stale, "/remove", {"reason": "over"}))
    assert "The list is removed." in done.text
    assert "Better prices" not in done.text
    assert (await editor.get(WHERE)).status_code == 404


@given(
    st.one_of(
        st.builds(
            PriceEntry,
            sku=st.sampled_from(["TI-M267", "a.b_c"]),
            at_least=st.integers(1, 10**6),
            price=st.integers(0, 10**10),
        ),
        st.builds(
            PriceEntry,
            category=st.sampled_from([None, "Bikes", "Bikes > Road Bikes"]),
            at_least=st.integers(1, 10**6),
            percent=st.sampled_from(["0", "5", "12.5", "99.99", "100"]),
        ),
    ),
    st.sampled_from(list(LANGUAGES)),
)
def test_an_entry_that_was_shown_can_be_typed(entry: PriceEntry, code: str) -> None:
    language = Language(code)
    assert entry_of(entry_line(entry, language), language) == entry
