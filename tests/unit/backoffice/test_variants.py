"""A variant is changed and removed by page, and sold from when to when staff say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deployments.catalog.contract import CatalogApi, ResolveItems
from deployments.catalog.contract.documents import GetDocument, ProductDocument, SaveProduct
from deployments.catalog.contract.products import OptionValue, Variant
from deployments.foundation.values.authorship import STORE
from tests.eventually import eventually
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office
from tests.unit.catalog.sample_products import product, variant

WHERE = "/products/shirt/variants/S-1"
SOON = datetime(2036, 6, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue, in a shop that sells a shirt in two sizes."""
    await office.host.start(seed=False, consume=False)
    sold = product("shirt", variant("S-1", 2000, size="M"), variant("S-2", 2000, size="L"))
    await catalog(office).save_product(SaveProduct(author=STORE, product=sold, state="published"))
    return await office.colleague("catalogue")


def catalog(office: Office) -> CatalogApi:
    return office.host.connect(CatalogApi, app="catalog")


async def document(office: Office) -> ProductDocument:
    return await catalog(office).document(GetDocument(id="shirt"))


async def shirt(office: Office) -> Variant:
    return (await document(office)).product.variants[0]


async def test_a_variant_is_changed_and_nothing_else(office: Office, editor: Browser) -> None:
    before = (await document(office)).product
    listed = await editor.get("/products/shirt")
    assert f'href="/admin{WHERE}"' in listed.text
    page = await editor.get(WHERE)
    assert "Size: M" in page.text
    typed = {
        "title": "Shirt, red, medium",
        "options": "Color: Red\nSize: M",
        "weight": "180",
        "reason": "new season",
    }
    shown = await editor.follow(await editor.send(page, WHERE, typed))
    assert "The variant is saved." in shown.text
    after = await shirt(office)
    assert (after.title, after.weight_grams) == ("Shirt, red, medium", 180)
    assert [(one.name, one.label) for one in after.options] == [("Color", "Red"), ("Size", "M")]
    assert after.price == before.variants[0].price
    assert (await document(office)).product.variants[1] == before.variants[1]


async def test_it_is_sold_from_when_to_when(office: Office, editor: Browser) -> None:
    typed = {"on_sale_from": "2036-06-01T09:30", "on_sale_until": "", "reason": "summer"}
    page = await editor.get(WHERE)
    shown = await editor.follow(await editor.send(page, WHERE, typed))
    assert "on sale from Jun 1, 2036" in shown.text
    assert (await shirt(office)).on_sale_from == SOON

    async def is_off_sale() -> bool:
        found = await catalog(office).resolve(ResolveItems(ids=("S-1", "S-2")))
        return set(found.items) == {"S-2"}

    await eventually(is_off_sale)
    again = await editor.get(WHERE)
    assert 'value="2036-06-01T09:30"' in again.text
    wrong = await editor.send(again, WHERE, {**typed, "on_sale_until": "2036-05-01T00:00"})
    assert (wrong.status_code, 'id="on_sale_until-wrong"' in wrong.text) == (422, True)
    await editor.send(again, WHERE, {"on_sale_from": "", "reason": "at once"})
    assert (await shirt(office)).on_sale_from is None


async def test_options_that_a_line_does_not_tell_apart_stay(
    office: Office, editor: Browser
) -> None:
    seen = await document(office)
    odd = (OptionValue(name="Ratio 1:2", label="a: b"),)
    first = seen.product.variants[0].model_copy(update={"options": odd})
    changed = seen.product.model_copy(update={"variants": (first, seen.product.variants[1])})
    await catalog(office).save_product(
        SaveProduct(author=STORE, product=changed, state="published", revision=seen.revision)
    )
    page = await editor.get(WHERE)
    assert ">Ratio 1:2: a: b</textarea>" in page.text
    typed = {"title": "Odd", "options": "Ratio 1:2: a: b", "reason": "x"}
    await editor.send(page, WHERE, typed)
    after = await shirt(office)
    assert (after.title, after.options) == ("Odd", odd)


async def test_two_people_who_change_one_variant_see_both(office: Office, editor: Browser) -> None:
    page = await editor.get(WHERE)
    await editor.send(page, WHERE, {"title": "First", "reason": "a"})
    stale = await editor.send(page, WHERE, {"title": "Second", "reason": "b"})
    assert stale.status_code == 422
    assert "<mark>Second</mark>" in stale.text
    assert "<mark>First</mark>" in stale.text
    assert (await shirt(office)).title == "First"
    await editor.send(stale, WHERE, {"title": "Second", "reason": "b"})
    assert (await shirt(office)).title == "Second"


async def test_removing_one_says_in_numbers_what_happens(office: Office, editor: Browser) -> None:
    asked = await editor.get(f"{WHERE}/remove")
    other = await editor.get("/products/shirt/variants/S-2/remove")
    assert "1 variant of the product stays." in asked.text
    await editor.send(await editor.get(WHERE), WHERE, {"title": "First", "reason": "a"})
    stale = await editor.send(asked, "/remove", {"reason": "sold out"})
    assert "Somebody else changed this product meanwhile" in stale.text
    done = await editor.follow(await editor.send(stale, "/remove", {"reason": "sold out"}))
    assert "The variant is removed." in done.text
    assert [one.sku for one in (await document(office)).product.variants] == ["S-2"]
    assert (await editor.get(WHERE)).status_code == 404
    last = await editor.get("/products/shirt/variants/S-2/remove")
    assert "Archive the product instead." in last.text
    assert "Remove the variant" not in last.text
    kept = await editor.send(other, "/remove", {"reason": "x"})
    assert kept.status_code == 422
    assert "Archive the product instead." in kept.text
