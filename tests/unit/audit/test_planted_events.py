"""Wrong events and contents of the catalogue are found under their keys."""

from __future__ import annotations

import json
from typing import cast

import pytest

from commands.audit.command import audit
from deployments.catalog.contract import ChangePrice, ImportProducts, Product
from deployments.catalog.contract.documents import GetDocument, SaveProduct
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import Picture, Thumbnail
from deployments.catalog.events import PicturesChanged
from deployments.catalog.staff_store import StaffCatalogStore
from deployments.foundation.audit.findings import Discrepancy
from deployments.foundation.events.publishing import stream_of
from deployments.foundation.values.authorship import STORE, Change
from deployments.foundation.values.clock import utc_now
from deployments.orders.events import OrderCancelled
from deployments.payments.contract import RefundPayment
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.audit.planting import ORDERS, Plant, Plants, event_about, find, name_of, publish
from tests.unit.checkout.services import BIKE, SHIRT

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


@PLANTS.planted
async def an_unreadable_event(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    key = await publish(audited, stream_of("carts", "cart_1"), "nothing")
    return {("events", "event_unreadable", (key,))}


@PLANTS.planted
async def an_event_of_another_service(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    _, _, event = await event_about(audited, "orders", bike.order_id)
    key = await publish(audited, stream_of("shipping", bike.order_id), event)
    return {("events", "event_misplaced", (key,))}


@PLANTS.planted
async def an_event_that_is_told_twice(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, _, event = await event_about(audited, "payments", bike.saga)
    key = await publish(audited, stream, event)
    return {("events", "event_out_of_turn", (key,))}


@PLANTS.planted
async def an_event_that_is_not_counted(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, _, event = await event_about(audited, "payments", bike.saga)
    await publish(audited, stream, event | {"sequence": "0000000000000003"})
    return {("events", "events_uncounted", (bike.payment,))}


@PLANTS.planted
async def a_cart_that_counts_an_event_too_many(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    (cart,) = cast(list[str], await audited.admin.keys("{carts}:cart:*"))
    await audited.admin.hincrby(cart, "sequence", 1)
    return {("events", "event_missing", (cart,))}


@PLANTS.planted
async def a_deleted_event(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(audited, "payments", bike.saga)
    await audited.admin.xdel(stream, entry)
    return {
        ("progress", "capture_not_followed", (bike.order, bike.payment)),
        ("events", "events_deleted", (stream,)),
        ("events", "event_missing", (bike.payment,)),
    }


@PLANTS.planted
async def an_order_that_was_never_published(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, _, _ = await event_about(audited, "orders", bike.order_id)
    others = [
        await audited.admin.hget(key, "order") for key in await audited.admin.keys(f"{ORDERS}*")
    ]
    assert len(others) == 3
    await audited.admin.delete(stream)
    return {
        ("events", "event_missing", (f"{ORDERS}{order['order_id']}",))
        for order in map(json.loads, cast(list[str], others))
        if stream_of("orders", order["order_id"]) == stream
    }


@PLANTS.planted
async def an_order_that_is_told_to_be_cancelled(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    stream, _, event = await event_about(audited, "orders", bike.order_id)
    cancelled = event | {"type": OrderCancelled.type, "sequence": "0000000000000002"}
    await publish(audited, stream, cancelled)
    await audited.admin.hset(bike.order, "sequence", 2)
    return {("events", "order_not_cancelled", (bike.order,))}


@PLANTS.planted
async def a_refund_that_was_told_but_not_made(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    key = f"{bike.saga}:refund"
    await audited.services.payments.refund(RefundPayment(key=key, payment_id=bike.saga, amount=5))
    await audited.admin.hset(bike.payment, "refunded", 4)
    return {
        ("events", "payment_state_differs", (bike.payment,)),
        ("provider", "refunds_of_provider", (bike.payment, bike.charge)),
    }


@PLANTS.planted
async def a_price_that_was_never_told(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=5))
    stream, entry, _ = await event_about(audited, "catalog", BIKE.sku)
    await audited.admin.hset("{catalog}:prices", BIKE.sku, 6)
    return {("events", "price_differs", (f"{stream} {entry}",))}


@PLANTS.planted
async def a_title_that_was_never_told(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(audited, "catalog", BIKE.product_id)
    await audited.rewrite("{catalog}:products", BIKE.product_id, title="Another bike")
    return {("events", "product_differs", (f"{stream} {entry}",))}


@PLANTS.planted
async def pictures_that_were_never_told(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    seen = await audited.catalog.document(GetDocument(id=BIKE.product_id))
    thumbnail = Thumbnail(key=f"{'0' * 64}.webp", width=1, height=1)
    picture = Picture(key=f"{'0' * 64}.png", width=1, height=1, thumbnail=thumbnail)
    event = PicturesChanged(
        product_id=BIKE.product_id,
        pictures=(picture.key,),
        change=Change(
            author=STORE,
            subject=f"catalog/product/{BIKE.product_id}",
            action="pictures_changed",
            at=utc_now(),
        ),
    )
    sent = ChangePictures(
        author=STORE, product_id=BIKE.product_id, pictures=(picture,), revision=seen.revision
    )
    await StaffCatalogStore(audited.admin).change_pictures(sent, event, utc_now(), "0")
    stream, entry, _ = await event_about(audited, "catalog", BIKE.product_id)
    await audited.admin.hdel("{catalog}:pictures", BIKE.product_id)
    return {("events", "pictures_differ", (f"{stream} {entry}",))}


@PLANTS.planted
async def an_archived_product_that_shoppers_see(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    seen = await audited.catalog.document(GetDocument(id=BIKE.product_id))
    shown = await audited.admin.hget("{catalog}:products", BIKE.product_id)
    await audited.catalog.save_product(
        SaveProduct(author=STORE, product=seen.product, state="archived", revision=seen.revision)
    )
    await audited.admin.hset("{catalog}:products", BIKE.product_id, str(shown))
    await audited.admin.hset("{catalog}:prices", BIKE.sku, BIKE.price)
    stream, entry, _ = await event_about(audited, "catalog", BIKE.product_id)
    return {("events", "hidden_product_shown", (f"{stream} {entry}",))}


@PLANTS.planted
async def a_product_that_is_gone(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(audited, "catalog", BIKE.product_id)
    await audited.admin.hdel("{catalog}:products", BIKE.product_id)
    return {("events", "no_such_product", (f"{stream} {entry}",))}


@PLANTS.planted
async def a_product_without_a_price(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hdel("{catalog}:prices", BIKE.sku)
    return {("events", "unreadable", ())}


@PLANTS.planted
async def a_product_that_was_never_published(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    stream = stream_of("catalog", BIKE.product_id)
    assert stream != stream_of("catalog", SHIRT.product_id)
    await audited.admin.delete(stream)
    return {("events", "product_not_published", (stream,))}


async def test_an_event_is_named_by_its_stream_and_entry(audited: AuditedStore) -> None:
    bought = await audited.buy()
    stream, entry, _ = await event_about(audited, "payments", bought.saga)
    await audited.admin.hset(bought.payment, "status", "voided")
    found = {one for report in await audit(audited.books) for one in report.findings.discrepancies}
    keys = (f"{stream} {entry}", bought.payment)
    assert Discrepancy("payment_state_differs", keys, "") in found


async def test_a_price_that_came_with_a_later_import_is_in_order(audited: AuditedStore) -> None:
    await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=5))
    cheaper = BIKE.model_copy(update={"price": 4})
    product = Product(id=BIKE.product_id, title="Bike", description="", variants=(cheaper,))
    await audited.catalog.import_products(ImportProducts(batch="second", products=(product,)))
    assert await audited.audit() == set()


async def test_a_stream_may_be_trimmed_from_its_beginning(audited: AuditedStore) -> None:
    bought = await audited.buy()
    await audited.follow()
    for service, subject in (("payments", bought.saga), ("orders", bought.order_id)):
        await audited.admin.xtrim(stream_of(service, subject), maxlen=1, approximate=False)
        assert await audited.audit() == set()
