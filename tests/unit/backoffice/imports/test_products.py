"""Products of a file are compared first, and take effect when somebody says so, and not twice."""

from __future__ import annotations

import pytest

from deployments.catalog.contract.documents import GetDocument, SaveProduct, UnknownProduct
from tests.unit.backoffice.imports.shop import ADA, SKU, Shop, csv_of

HEADER = (
    "product_id",
    "title",
    "categories",
    "state",
    "sku",
    "price",
    "option1_name",
    "option1_value",
)
KAYAKS = csv_of(
    HEADER,
    ("kayak", "Kayak", "Boats > Kayaks", "published", "KY-1", "1234.50", "Color", "Red"),
    ("kayak", "", "", "", "KY-2", "999", "Color", "Blue"),
    ("paddle", "Paddle", "Boats", "draft", "PD-1", "49.9", "", ""),
)


async def test_nothing_is_changed_until_somebody_says_so(shop: Shop) -> None:
    run = await shop.hand_in("products", KAYAKS)
    assert (run.state, run.total, run.wrote) == ("ready", 2, "own")
    assert (run.checked.new, run.checked.refused) == (2, 0)
    with pytest.raises(UnknownProduct):
        await shop.document("kayak")
    done = await shop.run(run)
    assert (done.state, done.made.new) == ("done", 2)
    kayak = await shop.document("kayak")
    assert kayak.state == "published"
    assert kayak.product.categories == ("Boats", "Kayaks")
    assert [(one.sku, one.price) for one in kayak.product.variants] == [
        ("KY-1", 123450),
        ("KY-2", 99900),
    ]
    assert (await shop.document("paddle")).state == "draft"


async def test_a_file_changes_what_it_names_and_nothing_else(shop: Shop) -> None:
    before = await shop.document()
    file = csv_of(("product_id", "sku", "price"), (before.product.id, SKU, "27.75"))
    run = await shop.hand_in("products", file)
    assert (run.checked.changed, run.checked.new) == (1, 0)
    (change,) = await shop.desk.changes(run.id)
    assert change.after == {f"{SKU}.price": 2775}
    await shop.run(run)
    after = await shop.document()
    assert await shop.price() == 2775
    rest = [one.model_copy(update={"price": 0}) for one in after.product.variants]
    assert rest == [one.model_copy(update={"price": 0}) for one in before.product.variants]
    assert after.product.description == before.product.description


async def test_the_same_file_leads_to_the_same_import(shop: Shop) -> None:
    run = await shop.imported("products", KAYAKS)
    again = await shop.hand_in("products", KAYAKS)
    assert (again.id, again.state) == (run.id, "done")
    anew = await shop.hand_in("products", KAYAKS, again=True)
    assert anew.id != run.id
    assert (anew.checked.same, anew.checked.new) == (2, 0)


async def test_each_effect_has_its_author_and_why(shop: Shop) -> None:
    await shop.imported("products", KAYAKS)
    told = await shop.changes_of("catalog")
    changes = [one for one in told if one["subject"] == "catalog/product/kayak"]
    assert changes[0]["author"]["id"] == ADA.id
    assert changes[0]["reason"].startswith("spring · import ")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("", "A", "", "", "X-1", "1", "", ""), "product_id is blank"),
        (("new", "", "", "", "X-1", "1", "", ""), "needs a title"),
        (("new", "A", "", "", "X-1", "", "", ""), "needs a price"),
        (("new", "A", "", "", "", "", "", ""), "needs a variant"),
        (("new", "A", "", "sold", "X-1", "1", "", ""), "state is"),
        (("new", "A", "", "", "X-1", "1.005", "", ""), "no amount in cents"),
        (("new", "A", "", "", "X-1", "free", "", ""), "no number"),
        (("new", "A", "", "", "X-1", "-1", "", ""), "no amount in cents"),
        (("new", "A", "", "", "X-1", "€ 5", "", ""), "the store sells in"),
        (("new", "A" * 501, "", "", "X-1", "1", "", ""), "is not valid"),
        (("new", "A", "", "", "X" * 256, "1", "", ""), "is not valid"),
    ],
)
async def test_a_row_that_makes_no_sense_is_refused_and_says_why(
    shop: Shop, row: tuple[str, ...], why: str
) -> None:
    good = ("paddle", "Paddle", "Boats", "draft", "PD-1", "49.9", "", "")
    run = await shop.hand_in("products", csv_of(HEADER, row, good))
    assert (run.state, run.checked.new) == ("ready", 1)
    (refused,) = await shop.refused(run)
    assert why in refused.message
    assert refused.row == 2
    assert (await shop.run(run)).made.new == 1


async def test_a_sku_of_another_product_is_refused_when_it_runs(shop: Shop) -> None:
    run = await shop.imported("products", csv_of(HEADER, ("mine", "A", "", "", SKU, "1", "", "")))
    (refused,) = await shop.refused(run)
    assert (refused.message, run.made.refused) == ("catalog.sku_taken", 1)
    assert SKU in refused.sentence


async def test_whoever_changes_the_same_field_meanwhile_is_not_overruled(shop: Shop) -> None:
    document = await shop.document()
    id_ = document.product.id
    run = await shop.hand_in("products", csv_of(("product_id", "title"), (id_, "By file")))
    product = document.product.model_copy(update={"title": "By hand"})
    await shop.catalog.save_product(
        SaveProduct(author=ADA, product=product, state=document.state, revision=document.revision)
    )
    done = await shop.run(run)
    assert (done.made.changed, done.made.refused) == (0, 1)
    assert (await shop.document()).product.title == "By hand"
    (refused,) = await shop.refused(done)
    assert "was changed by somebody else" in refused.message


async def test_whoever_changes_another_field_meanwhile_loses_nothing(shop: Shop) -> None:
    document = await shop.document()
    id_ = document.product.id
    run = await shop.hand_in("products", csv_of(("product_id", "title"), (id_, "By file")))
    product = document.product.model_copy(update={"description": "By hand"})
    await shop.catalog.save_product(
        SaveProduct(author=ADA, product=product, state=document.state, revision=document.revision)
    )
    done = await shop.run(run)
    assert (done.made.changed, done.made.refused) == (1, 0)
    after = (await shop.catalog.document(GetDocument(id=id_))).product
    assert (after.title, after.description) == ("By file", "By hand")
