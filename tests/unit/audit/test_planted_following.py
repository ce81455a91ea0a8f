"""An effect that was lost is found; one that is only late, or waits for an operator, is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from commands.audit.command import audit
from deployments.foundation.audit.findings import Report
from deployments.foundation.events.publishing import Event
from deployments.inventory.events import StockCommitted
from deployments.orders.events import OrderPaid
from deployments.payments.contract import RefundPayment
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from tests.unit.audit.followers import DELIVERY_SECONDS, Fate
from tests.unit.audit.planting import Plant, Plants, find, name_of
from tests.unit.audit.shop import Finding, Purchase, Shop, findings
from tests.unit.checkout.services import BIKE

PLANTS = Plants()
Step = Callable[[Shop, Purchase], Awaitable[None]]


async def bought(shop: Shop, bike: Purchase) -> None:
    """Nothing more has happened."""


async def refunded(shop: Shop, bike: Purchase) -> None:
    request = RefundPayment(key=f"{bike.saga}:back", payment_id=bike.saga, amount=5)
    await shop.services.payments.refund(request)


async def dispatched(shop: Shop, bike: Purchase) -> None:
    await shop.follow()
    await shop.dispatch()


async def delivered(shop: Shop, bike: Purchase) -> None:
    await dispatched(shop, bike)
    await shop.follow()
    shop.services.clock.forward(seconds=DELIVERY_SECONDS)
    await shop.followers.move_along()


class Case(NamedTuple):
    """What happens, the event about it, and what is found if that has no effect."""

    step: Step
    kind: type[Event]
    missing: Callable[[Purchase], set[Finding]]


CASES = (
    Case(
        bought,
        PaymentCaptured,
        lambda bike: {("progress", "capture_not_followed", (bike.order, bike.payment))},
    ),
    Case(
        refunded,
        PaymentRefunded,
        lambda bike: {("progress", "refund_not_followed", (bike.order, bike.payment))},
    ),
    Case(bought, OrderPaid, lambda bike: {("shipments", "not_shipped", (bike.order,))}),
    Case(bought, StockCommitted, lambda bike: {("shipments", "not_shipped", (bike.order,))}),
    Case(
        bought,
        ShipmentCreated,
        lambda bike: {("progress", "shipment_not_followed", (bike.order, bike.shipment))},
    ),
    Case(
        dispatched,
        ShipmentDispatched,
        lambda bike: {
            ("progress", "shipment_not_followed", (bike.order, bike.shipment)),
            ("departures", "departure_differs", (bike.shipment,)),
        },
    ),
    Case(
        delivered,
        ShipmentDelivered,
        lambda bike: {("progress", "shipment_not_followed", (bike.order, bike.shipment))},
    ),
)
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.__name__)


async def happened(shop: Shop, case: Case, fate: Fate | None) -> Purchase:
    """A purchase, as far as the case goes, and what becomes of the event that it is about."""
    await shop.deliver()
    if fate is not None and case.step is bought:
        shop.followers.fate(case.kind, fate)
    bike = await shop.buy(sku=BIKE.sku)
    await case.step(shop, bike)
    if fate is not None:
        shop.followers.fate(case.kind, fate)
        await shop.follow()
    return bike


@EACH
async def test_an_effect_that_was_lost_is_found(shop: Shop, case: Case) -> None:
    bike = await happened(shop, case, "lost")
    assert await shop.audit() == case.missing(bike)


@EACH
async def test_an_event_that_nobody_has_read_yet_is_under_way(shop: Shop, case: Case) -> None:
    await happened(shop, case, None)
    assert await shop.audit() == set()
    await shop.follow()
    assert await shop.audit() == set()


@EACH
@pytest.mark.parametrize("fate", ["pending", "dead"])
async def test_an_event_that_is_tried_again_or_waits_for_an_operator_is_under_way(
    shop: Shop, case: Case, fate: Fate
) -> None:
    await happened(shop, case, fate)
    reports = await audit(shop.books)
    assert findings(reports) == set()
    assert sum(under_way(reports)) == len(case.missing(await shop.buy()))


def under_way(reports: list[Report]) -> list[int]:
    return [report.findings.checked.get("under way", 0) for report in reports]


async def test_dead_letters_are_told_and_are_no_discrepancy(shop: Shop) -> None:
    shop.followers.fate(PaymentCaptured, "dead")
    await shop.follow()
    (report,) = [one for one in await audit(shop.books) if one.check.name == "subscribers"]
    checked = report.findings.checked
    assert (checked["subscribers"], checked["dead letters"]) == (6, 2)
    assert report.findings.notes == (
        "orders: 2 dead letters wait for an operator; see `make dead-letters`.",
    )


async def test_an_effect_that_is_lost_among_many_that_are_late_is_found(shop: Shop) -> None:
    """An outstanding event explains what follows from itself, and nothing else."""
    await shop.follow()
    shop.followers.fate(PaymentCaptured, "lost")
    lost = await shop.buy(sku=BIKE.sku)
    await shop.follow()
    for _ in range(3):
        await shop.buy()
    assert await shop.audit() == {("progress", "capture_not_followed", (lost.order, lost.payment))}


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(shop: Shop, plant: Plant) -> None:
    bike = await shop.buy(sku=BIKE.sku)
    await refunded(shop, bike)
    await shop.follow()
    await find(shop, bike, plant)


@PLANTS.planted
async def an_order_that_is_paid_before_its_payment(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, "status", "capturing")
    return {
        ("progress", "paid_too_early", (bike.order, bike.payment)),
        ("payments", "not_paid", (bike.order, bike.payment)),
        ("payments", "captured_amount", (bike.payment,)),
        ("payments", "captured_times", (bike.payment,)),
        ("events", "payment_state_differs", (bike.payment,)),
    }


@PLANTS.planted
async def an_order_that_is_refunded_more_than_its_payment(
    shop: Shop, bike: Purchase
) -> set[Finding]:
    await shop.admin.hset(bike.payment, "refunded", 0)
    return {
        ("progress", "refunded_too_early", (bike.order, bike.payment)),
        ("provider", "refunds_of_provider", (bike.payment, bike.charge)),
        ("events", "payment_state_differs", (bike.payment,)),
    }
