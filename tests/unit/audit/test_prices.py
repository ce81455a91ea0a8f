"""An order's prices are ones that the catalogue had, however often they changed."""

from __future__ import annotations

from commands.audit.command import audit
from deployments.catalog.contract import ChangePrice, ImportProducts, Product, Variant
from tests.unit.audit.audited_store import AuditedStore
from tests.unit.checkout.services import BIKE


async def test_a_price_that_was_changed_since_was_had(audited: AuditedStore) -> None:
    await audited.buy(sku=BIKE.sku)
    for price in (5, 6):
        await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=price))
    assert await audited.audit() == set()


async def test_a_price_of_a_product_that_was_replaced_was_had(audited: AuditedStore) -> None:
    await audited.buy(sku=BIKE.sku)
    other = BIKE.model_copy(update={"sku": "BIKE-54", "id": "variant-3"})
    product = Product(id=BIKE.product_id, title="Bike", description="", variants=(other,))
    await audited.catalog.import_products(ImportProducts(batch="second", products=(product,)))
    assert await audited.audit() == set()


async def test_a_price_that_a_sku_never_had_is_found(audited: AuditedStore) -> None:
    """The shelf that checkout asks here sells at a price of its own."""
    bike = await audited.buy(sku=BIKE.sku)
    key = "{catalog}:had"
    assert await audited.admin.hdel(key, f"{BIKE.price} {BIKE.sku}") == 1
    await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=BIKE.price - 1))
    assert await audited.audit() == {("prices", "price_never_had", (bike.line, key))}


async def test_a_catalogue_of_an_earlier_version_is_not_held_to_it(audited: AuditedStore) -> None:
    await audited.buy(sku=BIKE.sku)
    await audited.admin.delete("{catalog}:had")
    await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=5))
    product = Product(id="product-9", title="New", description="", variants=(_new(),))
    await audited.catalog.import_products(ImportProducts(batch="second", products=(product,)))
    assert await audited.admin.exists("{catalog}:had") == 0
    (report,) = [one for one in await audit(audited.books) if one.check.name == "prices"]
    assert not report.findings.discrepancies
    assert "not checked" in " ".join(report.findings.notes)


def _new() -> Variant:
    return BIKE.model_copy(update={"sku": "NEW", "id": "variant-9", "product_id": "product-9"})
