"""Codes are made, compared, ended and tried out by forms, and a buyer uses them at once."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.foundation.values.authorship import STORE
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.codes import (
    BuyGet,
    CodeDocument,
    DiscountCode,
    GetCode,
    SaveCode,
    Scope,
)
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office

SKU = "TI-M267"
TYPED: dict[str, Any] = {
    "name": "SUMMER",
    "title": "Summer sale",
    "kind": "percent",
    "percent": "12.5",
    "starts": "2026-01-01",
    "ends": "2036-12-31",
    "enabled": "yes",
    "reason": "it is warm",
}
WHERE = "/codes/code/SUMMER"


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue, in a shop with all that is shipped."""
    await office.host.start(consume=False)
    return await office.colleague("catalogue")


async def code(office: Office, name: str = "SUMMER") -> CodeDocument:
    pricing = office.host.connect(PricingApi, app="pricing")
    return await pricing.code(GetCode(code=name))


async def test_a_code_is_made_and_found(office: Office, editor: Browser) -> None:
    shown = await editor.submit("/codes/new", {**TYPED, "per_customer": "1", "skus": f"{SKU}\nX"})
    assert "The code is saved." in shown.text
    made = (await code(office)).code
    assert (made.percent, made.per_customer) == ("12.5", 1)
    assert made.scope == Scope(skus=frozenset({SKU, "X"}))
    listed = await editor.get("/codes?q=summer&kind=percent&state=active")
    assert "SUMMER" in listed.text
    assert "12.5" in listed.text
    assert "No code is like that" in (await editor.get("/codes?q=summer&state=over")).text
    assert (await editor.get("/codes?state=odd")).status_code == 400
    again = await editor.submit("/codes/new", {**TYPED, "percent": "20"})
    assert again.status_code == 422
    assert 'id="name-wrong"' in again.text


async def test_who_buys_some_gets_some(office: Office, editor: Browser) -> None:
    typed = {
        **TYPED,
        "kind": "buy_get",
        "buy": "2",
        "get": "1",
        "got_percent": "50",
        "got_categories": "Helmets",
        "minimum_subtotal": "1,000",
    }
    shown = await editor.submit("/codes/new", typed)
    gets = Scope(categories=frozenset({"Helmets"}))
    made = (await code(office)).code
    assert made.buy_get == BuyGet(buy=2, get=1, percent="50", gets=gets)
    assert made.minimum_subtotal == 100_000
    assert "Buy 2, get 1 at 50" in shown.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"kind": "amount"}, "amount"),
        ({"kind": "amount", "amount": "much"}, "amount"),
        ({"kind": "buy_get"}, "buy"),
        ({"ends": "2025-01-01"}, "ends"),
        ({"starts": "soon"}, "starts"),
        ({"max_redemptions": "0"}, "max_redemptions"),
        ({"categories": "\n".join(map(str, range(60)))}, "categories"),
        ({"title": ""}, "title"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    editor: Browser, typed: dict[str, str], field: str
) -> None:
    refused = await editor.submit("/codes/new", {**TYPED, "skus": SKU, **typed})
    assert refused.status_code == 422
    assert f'id="{field}-wrong"' in refused.text
    assert f">{SKU}</textarea>" in refused.text
    assert 'value="SUMMER"' in refused.text


async def test_a_german_types_a_comma(office: Office, editor: Browser) -> None:
    editor.http.headers["Accept-Language"] = "de"
    editor.http.cookies.set("fieldhouse-language", "de")
    await editor.submit("/codes/new", {**TYPED, "percent": "12,5", "minimum_subtotal": "1.000,50"})
    made = (await code(office)).code
    assert (made.percent, made.minimum_subtotal) == ("12.5", 100_050)


async def test_two_people_who_change_one_code_see_both_versions(
    office: Office, editor: Browser
) -> None:
    await editor.submit("/codes/new", TYPED)
    page = await editor.get(WHERE)
    await editor.send(page, WHERE, {**TYPED, "title": "First"})
    typed = {**TYPED, "title": "Second", "percent": "20"}
    stale = await editor.send(page, WHERE, typed)
    assert stale.status_code == 422
    for mark in ("Second", "First"):
        assert f"<mark>{mark}</mark>" in stale.text
    assert (await code(office)).code.title == "First"
    await editor.send(stale, WHERE, typed)
    assert (await code(office)).code.title == "Second"


async def test_ending_a_code_says_in_numbers_what_happens(office: Office, editor: Browser) -> None:
    await editor.submit("/codes/new", {**TYPED, "max_redemptions": "40"})
    asked = await editor.get(f"{WHERE}/end")
    assert "It could be redeemed 40 times more" in asked.text
    assert (await code(office)).code.enabled
    refused = await editor.send(asked, "/end", {"reason": ""})
    assert refused.status_code == 422
    shown = await editor.follow(await editor.send(asked, "/end", {"reason": "over"}))
    assert "The code is ended." in shown.text
    assert (await code(office)).state == "disabled"


async def test_a_cart_is_priced_now_and_at_a_date(office: Office, editor: Browser) -> None:
    await editor.submit("/codes/new", {**TYPED, "starts": "2030-01-01"})
    query = f"lines={SKU}+2&codes=SUMMER%0ANONE&at=2031-06-01T12:00&country=us&region=CA"
    page = await editor.get(f"/codes/preview?{query}")
    assert page.status_code == 200
    now, then = page.text.split('id="prices-2"')
    assert "is valid from 2030-01-01 on" in now
    assert "Summer sale" not in now
    assert "Summer sale" in then
    assert "Code &#39;NONE&#39; is unknown" in then


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lines=NOPE+1", "lines"),
        (f"lines={SKU}+1+2+3", "lines"),
        (f"lines={SKU}+0", "lines"),
        (f"lines={SKU}&at=soon", "at"),
        (f"lines={SKU}&shipping=-1", "shipping"),
        (f"lines={SKU}&country=Germany", "country"),
    ],
)
async def test_a_cart_that_makes_no_sense_is_told_beside_its_field(
    editor: Browser, query: str, field: str
) -> None:
    page = await editor.get(f"/codes/preview?{query}")
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text


async def test_a_group_is_made_and_a_code_is_for_it(office: Office, editor: Browser) -> None:
    group = {"id": "resellers-2", "title": "Partners", "platforms": "acme, bolt", "reason": "new"}
    shown = await editor.submit("/groups/new", group)
    assert "The group is saved." in shown.text
    await editor.submit("/codes/new", {**TYPED, "groups": ["resellers-2"]})
    assert (await code(office)).code.groups == {"resellers-2"}
    ours = await editor.get(f"/codes/preview?lines={SKU}&codes=SUMMER")
    theirs = await editor.get(f"/codes/preview?lines={SKU}&codes=SUMMER&group=resellers-2")
    assert "is for other customers" in ours.text
    assert "Summer sale" in theirs.text
    assert (await editor.submit("/groups/new", group | {"title": "B"})).status_code == 422
    page = await editor.get("/groups/group/resellers-2")
    await editor.send(page, "/resellers-2", {**group, "platforms": "acme"})
    stale = await editor.send(page, "/resellers-2", {**group, "platforms": "x"})
    assert stale.status_code == 422
    assert "<mark>acme</mark>" in stale.text


async def test_scripts_in_codes_are_text(office: Office, editor: Browser) -> None:
    script = "<script>alert(1)</script>"
    typed = {**TYPED, "name": "<b>", "title": script, "skus": script, "reason": script}
    pages = [await editor.submit("/codes/new", typed)]
    pages += [await editor.get(f"/codes{rest}") for rest in ("", f"?q={script}", "/code/%3Cb%3E")]
    pages.append(await editor.http.get(f"/admin/codes/preview?lines={script}&codes={script}"))
    assert not any(script in page.text for page in pages)
    assert "alert(1)" in pages[0].text


async def test_a_form_keeps_what_it_does_not_show(office: Office, editor: Browser) -> None:
    pricing = office.host.connect(PricingApi, app="pricing")
    await editor.submit("/codes/new", TYPED)
    seen = await code(office)
    starts = seen.code.starts.replace(hour=9)
    odd = DiscountCode.model_validate({**seen.code.model_dump(), "starts": starts})
    await pricing.save_code(SaveCode(author=STORE, code=odd, revision=1))
    await editor.send(await editor.get(WHERE), WHERE, {"title": "Later", "reason": "x"})
    assert (await code(office)).code.starts == starts
