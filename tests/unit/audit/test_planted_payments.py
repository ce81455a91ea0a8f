"""Wrong orders, payments and totals are found under their keys."""

from __future__ import annotations

import pytest

from deployments.payments.contract import AuthorisePayment, PaymentStep
from tests.unit.audit.audited_store import CHARGE, AuditedStore, Finding, Purchase
from tests.unit.audit.planting import GHOST, NO_SAGA, SOLD_BIKES, Plant, Plants, find, name_of
from tests.unit.checkout.services import BIKE, PLATFORM
from tests.unit.checkout.shopping import card

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


@PLANTS.planted
async def a_lost_order(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.order)
    return {
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
        ("reservations", "sold_without_order", (bike.reservation, bike.order)),
        ("payments", "captured_without_order", (bike.payment, bike.log)),
        ("links", "order_missing", (bike.checkout, bike.order)),
        ("events", "no_such_order", (bike.order,)),
    }


@PLANTS.planted
async def an_order_placed_twice(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    twin = "{orders}:order:order_twin"
    await audited.admin.copy(bike.order, twin)
    await audited.rewrite(twin, "order", order_id="order_twin")
    await audited.admin.zadd(f"{{orders}}:platform:{PLATFORM}", {"order_twin": 1})
    first, second = sorted([bike.order, twin])
    return {
        ("sold", "ordered_but_not_sold", (SOLD_BIKES,)),
        ("payments", "payment_shared", (second, first, bike.payment)),
        ("payments", "payment_of_another_order", (twin, bike.payment, bike.log)),
        ("links", "session_names_another_order", (twin, bike.checkout)),
        ("events", "event_missing", (twin,)),
    }


@PLANTS.planted
async def a_lost_payment(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.payment)
    return {
        ("payments", "payment_missing", (bike.order, bike.payment)),
        ("provider", "charge_of_no_payment", (bike.charge,)),
        ("events", "no_such_payment", (bike.payment,)),
    }


@PLANTS.planted
async def an_order_that_is_not_paid(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, mapping={"status": "authorised", "captured": 0})
    return {
        ("payments", "not_paid", (bike.order, bike.payment)),
        ("provider", "taken_by_provider", (bike.payment, bike.charge)),
        ("payments", "captured_times", (bike.payment,)),
        ("events", "payment_state_differs", (bike.payment,)),
    }


@PLANTS.planted
async def a_payment_of_another_amount(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, mapping={"amount": 7, "captured": 7})
    return {
        ("provider", "not_held_by_provider", (bike.payment, bike.charge)),
        ("provider", "taken_by_provider", (bike.payment, bike.charge)),
        ("payments", "amount_differs", (bike.order, bike.payment)),
        ("events", "payment_differs", (bike.payment,)),
    }


@PLANTS.planted
async def a_payment_of_another_checkout(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, "checkout_id", "checkout_other")
    return {
        ("payments", "payment_of_another_checkout", (bike.order, bike.payment)),
        ("events", "payment_differs", (bike.payment,)),
    }


@PLANTS.planted
async def a_payment_captured_in_part(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, "captured", 7)
    return {("payments", "captured_amount", (bike.payment,))}


@PLANTS.planted
async def a_payment_captured_twice(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    attempts = f"{{payments}}:attempts:{bike.saga}"
    await audited.admin.hset(attempts, "again", '{"kind": "capture", "outcome": "done"}')
    return {("payments", "captured_times", (bike.payment,))}


@PLANTS.planted
async def more_given_back_than_taken(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, "refunded", 10**9)
    return {
        ("payments", "refunded_amount", (bike.payment,)),
        ("provider", "refunds_of_provider", (bike.payment, bike.charge)),
        ("progress", "refund_not_followed", (bike.order, bike.payment)),
    }


@PLANTS.planted
async def an_unreadable_payment(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.payment, "amount", "much")
    return {
        ("payments", "payment_unreadable", (bike.payment,)),
        ("provider", "charge_of_no_payment", (bike.charge,)),
    }


async def authorise_for_nobody(audited: AuditedStore) -> str:
    await audited.services.payments.authorise(
        AuthorisePayment(
            key=f"{GHOST}:authorise",
            payment_id=GHOST,
            checkout_id="checkout_ghost",
            amount=100,
            currency="USD",
            instrument=card(),
        )
    )
    return f"{{payments}}:payment:{GHOST}"


@PLANTS.planted
async def money_held_for_nothing(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    key = await authorise_for_nobody(audited)
    return {("payments", "held_without_order", (key, NO_SAGA))}


@PLANTS.planted
async def money_taken_for_nothing(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    key = await authorise_for_nobody(audited)
    await audited.services.payments.capture(PaymentStep(key=f"{GHOST}:capture", payment_id=GHOST))
    return {("payments", "captured_without_order", (key, NO_SAGA))}


@PLANTS.planted
async def money_held_by_an_undone_saga(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    saga = await audited.decline()
    key = f"{{payments}}:payment:{saga}"
    await audited.admin.hset(key, "status", "authorised")
    return {
        ("payments", "held_without_order", (key, f"{{checkout}}:saga:{saga}")),
        ("provider", "not_held_by_provider", (key, f"{CHARGE}{saga}:authorise")),
        ("events", "payment_state_differs", (key,)),
    }


@PLANTS.planted
async def a_total_that_does_not_add_up(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    total = bike.session.priced.totals.total
    await audited.rewrite(bike.order, "order", totals__total=total + 1)
    return {
        ("totals", "total_is_off", (bike.order,)),
        ("totals", "totals_not_agreed", (bike.order, bike.checkout)),
        ("payments", "amount_differs", (bike.order, bike.payment)),
        ("events", "order_differs", (bike.order,)),
    }


@PLANTS.planted
async def a_line_that_does_not_add_up(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.order, "order", items__0__unit_price=1)
    return {
        ("totals", "line_is_off", (bike.line,)),
        ("prices", "price_never_had", (bike.line, "{catalog}:had")),
        ("totals", "lines_not_agreed", (bike.order, bike.checkout)),
    }


@PLANTS.planted
async def another_total_than_agreed(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.checkout, "doc", priced__totals__total=1)
    return {
        ("totals", "totals_not_agreed", (bike.order, bike.checkout)),
        ("events", "session_differs", (bike.checkout,)),
    }


@PLANTS.planted
async def an_unreadable_order(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.order, "order", "{")
    return {
        ("totals", "order_unreadable", (bike.order,)),
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
    }
