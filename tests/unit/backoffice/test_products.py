"""Products and prices are changed by forms, and compared where two people meet."""

from __future__ import annotations

import pytest

from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument, ProductDocument
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office

SKU = "TI-M267"


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue, in a shop with all that is shipped."""
    await office.host.start(consume=False)
    return await office.colleague("catalogue")


async def document(office: Office, name: str = SKU) -> ProductDocument:
    catalog = office.host.connect(CatalogApi, app="catalog")
    return await catalog.document(GetDocument(id=name))


async def path(office: Office) -> str:
    return f"/products/{(await document(office)).product.id}"


async def price(office: Office) -> int:
    product = (await document(office)).product
    return next(one.price for one in product.variants if one.sku == SKU)


async def test_products_are_found_by_what_stands_in_the_address(
    office: Office, editor: Browser
) -> None:
    found = await editor.get("/products?q=tire&category=Accessories&state=published")
    assert SKU in found.text
    assert 'value="tire"' in found.text
    assert "No product is like that" in (await editor.get("/products?q=spaceship")).text
    assert (await editor.get("/products?state=nonsense")).status_code == 400


async def test_a_price_changes_for_a_reason(office: Office, editor: Browser) -> None:
    page = await editor.get(await path(office))
    refused = await editor.send(page, "/price", {"sku": SKU, "price": "29.50"})
    assert 'id="price-reason-wrong"' in refused.text
    typed = {"sku": SKU, "price": "29.50", "reason": "sale"}
    shown = await editor.follow(await editor.send(page, "/price", typed))
    assert "TI-M267 costs $29.50 now." in shown.text
    assert await price(office) == 2950


@pytest.mark.parametrize("typed", ["-1", "free", "1.005", "", "1e3"])
async def test_what_is_no_price_is_refused(office: Office, editor: Browser, typed: str) -> None:
    before, page = await price(office), await editor.get(await path(office))
    refused = await editor.send(page, "/price", {"sku": SKU, "price": typed, "reason": "x"})
    assert refused.status_code == 422
    assert 'id="price-price-wrong"' in refused.text
    assert await price(office) == before


async def test_a_price_is_planned_and_taken_back(office: Office, editor: Browser) -> None:
    before, where = await price(office), await path(office)
    typed = {"sku": SKU, "price": "9.99", "reason": "Christmas", "starts": "2036-12-01T00:00"}
    shown = await editor.follow(await editor.send(await editor.get(where), "/price", typed))
    assert "$9.99 from Dec 1, 2036" in shown.text
    assert await price(office) == before
    again = await editor.follow(await editor.send(shown, "/unplan", {}))
    assert "taken back" in again.text
    assert (await document(office)).scheduled == ()


async def test_two_people_who_plan_one_price_see_what_the_other_planned(
    office: Office, editor: Browser
) -> None:
    page = await editor.get(await path(office))
    typed = {"sku": SKU, "price": "9.99", "reason": "Christmas", "starts": "2036-12-01T00:00"}
    mine = await editor.follow(await editor.send(page, "/price", typed))
    theirs = await editor.send(page, "/price", {**typed, "price": "8.88"})
    assert theirs.status_code == 422
    assert "Somebody else changed this product meanwhile" in theirs.text
    assert "<mark>8.88</mark>" in theirs.text
    assert "$9.99 from Dec 1, 2036" in theirs.text
    await editor.send(theirs, "/price", {**typed, "price": "8.88"})
    assert (await editor.send(mine, "/unplan", {})).status_code == 422
    assert [one.price for one in (await document(office)).scheduled] == [888]


async def test_two_people_who_change_one_product_see_both_versions(
    office: Office, editor: Browser
) -> None:
    where = await path(office)
    page = await editor.get(where)
    await editor.send(page, where, {"title": "First", "state": "published", "reason": "a"})
    typed = {"title": "Second", "state": "published", "reason": "b"}
    stale = await editor.send(page, where, typed)
    assert stale.status_code == 422
    assert "<mark>Second</mark>" in stale.text
    assert "<mark>First</mark>" in stale.text
    assert (await document(office)).product.title == "First"
    await editor.send(stale, where, typed)
    assert (await document(office)).product.title == "Second"


async def test_hiding_a_product_says_first_how_many_variants_go(
    office: Office, editor: Browser
) -> None:
    where, before = await path(office), await document(office)
    page = await editor.get(where)
    typed = {"title": "Tire", "state": "archived", "reason": "no more"}
    asked = await editor.send(page, where, typed)
    count = len(before.product.variants)
    assert f"This makes {count} variant" in asked.text
    assert (await document(office)).state == "published"
    await editor.send(asked, where, {})
    assert (await document(office)).state == "archived"


async def test_a_new_product_has_a_variant_and_gets_another(
    office: Office, editor: Browser
) -> None:
    typed = {
        "title": "Kayak",
        "id": "kayak",
        "categories": "Boats, Kayaks",
        "state": "draft",
        "sku": "KY-1",
        "price": "1,234.50",
        "options": "Color: Red, Size: M",
        "reason": "new",
    }
    shown = await editor.submit("/products/new", typed)
    assert "The product is saved." in shown.text
    made = await document(office, "kayak")
    assert (made.product.categories, made.state) == (("Boats", "Kayaks"), "draft")
    assert [(one.name, one.label) for one in made.product.variants[0].options] == [
        ("Color", "Red"),
        ("Size", "M"),
    ]
    again = await editor.submit("/products/new", {**typed, "title": "Another kayak"})
    assert again.status_code == 422
    more = {"sku": "KY-2", "price": "999", "variant_title": "Kayak, blue", "reason": "blue"}
    await editor.send(await editor.get("/products/kayak"), "/variants", more)
    assert [one.sku for one in (await document(office, "kayak")).product.variants] == [
        "KY-1",
        "KY-2",
    ]


async def test_scripts_in_products_are_text(office: Office, editor: Browser) -> None:
    script = "<script>alert(1)</script>"
    typed = {
        "title": script,
        "id": "kayak",
        "description": script,
        "categories": script,
        "state": "published",
        "sku": "KY-1",
        "price": "1",
        "options": f"{script}: {script}",
        "reason": script,
    }
    pages = [await editor.submit("/products/new", typed), await editor.get("/products/kayak")]
    pages.append(await editor.get("/products?q=alert"))
    assert all("alert(1)" in page.text or "alert" in page.text for page in pages)
    assert not any(script in page.text for page in pages)
