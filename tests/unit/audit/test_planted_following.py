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
from deployments.topology import SUBSCRIPTIONS
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase, findings
from tests.unit.audit.followers import DELIVERY_SECONDS, Fate
from tests.unit.audit.planting import Plant, Plants, find, name_of
from tests.unit.checkout.services import BIKE

PLANTS = Plants()
Step = Callable[[AuditedStore, Purchase], Awaitable[None]]


async def bought(audited: AuditedStore, bike: Purchase) -> None:
    """Nothing more has happened."""


async def refunded(audited: AuditedStore, bike: Purchase) -> None:
    request = RefundPayment(key=f"{bike.saga}:back", payment_id=bike.saga, amount=5)
    await audited.services.payments.refund(request)


async def dispatched(audited: AuditedStore, bike: Purchase) -> None:
    await audited.follow()
    await audited.dispatch()


async def delivered(audited: AuditedStore, bike: Purchase) -> None:
    await dispatched(audited, bike)
    await audited.follow()
    audited.services.clock.forward(seconds=DELIVERY_SECONDS)
    await audited.followers.move_along()


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


async def happened(audited: AuditedStore, case: Case, fate: Fate | None) -> Purchase:
    """A purchase, as far as the case goes, and what becomes of the event that it is about."""
    await audited.deliver()
    if fate is not None and case.step is bought:
        audited.followers.fate(case.kind, fate)
    bike = await audited.buy(sku=BIKE.sku)
    await case.step(audited, bike)
    if fate is not None:
        audited.followers.fate(case.kind, fate)
        await audited.follow()
    return bike


@EACH
async def test_an_effect_that_was_lost_is_found(audited: AuditedStore, case: Case) -> None:
    bike = await happened(audited, case, "lost")
    assert await audited.audit() == case.missing(bike)


@EACH
async def test_an_event_that_nobody_has_read_yet_is_under_way(
    audited: AuditedStore, case: Case
) -> None:
    await happened(audited, case, None)
    assert await audited.audit() == set()
    await audited.follow()
    assert await audited.audit() == set()


@EACH
@pytest.mark.parametrize("fate", ["pending", "dead"])
async def test_an_event_that_is_tried_again_or_waits_for_an_operator_is_under_way(
    audited: AuditedStore, case: Case, fate: Fate
) -> None:
    await happened(audited, case, fate)
    reports = await audit(audited.books)
    assert findings(reports) == set()
    assert sum(under_way(reports)) == len(case.missing(await audited.buy()))


def under_way(reports: list[Report]) -> list[int]:
    return [report.findings.checked.get("under way", 0) for report in reports]


async def test_dead_letters_are_told_and_are_no_discrepancy(audited: AuditedStore) -> None:
    audited.followers.fate(PaymentCaptured, "dead")
    await audited.follow()
    (report,) = [one for one in await audit(audited.books) if one.check.name == "subscribers"]
    checked = report.findings.checked
    assert (checked["subscribers"], checked["dead letters"]) == (len(SUBSCRIPTIONS), 2)
    assert report.findings.notes == (
        "orders: 2 dead letters wait for an operator; see `make dead-letters`.",
    )


async def test_an_effect_that_is_lost_among_many_that_are_late_is_found(
    audited: AuditedStore,
) -> None:
    """An outstanding event explains what follows from itself, and nothing else."""
    await audited.follow()
    audited.followers.fate(PaymentCaptured, "lost")
    lost = await audited.buy(sku=BIKE.sku)
    await audited.follow()
    for _ in range(3):
        await audited.buy()
    assert await audited.audit() == {
        ("progress", "capture_not_followed", (lost.order, lost.payment))
    }


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    bike = await audited.buy(sku=BIKE.sku)
    await refunded(audited, bike)
    await audited.follow()
    await find(audited, bike, plant)


@PLANTS.planted
async def an_order_that_is_paid_before_its_payment(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hset(bike.payment, "status", "capturing")
    return {
        ("progress", "paid_too_early", (bike.order, bike.payment)),
        ("payments", "not_paid", (bike.order, bike.payment)),
        ("payments", "captured_amount", (bike.payment,)),
        ("payments", "captured_times", (bike.payment,)),
        ("events", "payment_state_differs", (bike.payment,)),
    }


@PLANTS.planted
async def an_order_that_is_refunded_more_than_its_payment(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hset(bike.payment, "refunded", 0)
    return {
        ("progress", "refunded_too_early", (bike.order, bike.payment)),
        ("provider", "refunds_of_provider", (bike.payment, bike.charge)),
        ("events", "payment_state_differs", (bike.payment,)),
    }
