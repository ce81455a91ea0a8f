"""What follows by events: what is judged, and what may have happened between two looks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from commands.audit.departures import ShipmentDeparture, units_left
from commands.audit.orders_and_events import FollowedOrder, OrderCauses, order_follows
from commands.audit.subscriptions import Outstanding
from deployments.foundation.events.publishing import Event
from deployments.foundation.values.address import PostalAddress
from deployments.orders.contract.order import ShipmentState
from deployments.payments.audit import payment_is_at_its_provider
from deployments.payments.contract import PaymentStatus
from deployments.payments.domain.payments import Payment
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.payments.records import ChargeRecord, PaymentRecord
from deployments.shipping.domain.shipments import Shipment
from deployments.shipping.events import (
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLine,
)
from deployments.shipping.records import ShipmentRecord
from tests.unit.audit.test_rules import placed

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAID: PaymentStatus = "captured"
AMOUNT = 2498


def payment(status: PaymentStatus, refunded: int = 0, refunding: int = 0) -> Payment:
    return Payment(
        checkout_id="checkout_1",
        handler_id="org.fieldhouse.sandbox",
        amount=AMOUNT,
        currency="USD",
        status=status,
        authorised_by="saga_1:authorise",
        captured=AMOUNT if status == "captured" else 0,
        refunded=refunded,
        refunding=refunding,
    )


def shipment(state: str | None) -> ShipmentRecord:
    made = Shipment(
        id="shipment_1",
        order_id="order_1",
        reservation_id="saga_1",
        location_id=1,
        carrier="Carrier",
        title="Ground",
        destination=PostalAddress(),
        lines=(ShipmentLine(line_id="li_1", sku="A", quantity=2),),
        created_at=NOW,
    )
    return ShipmentRecord("shipment", made if state else None, state, 1, None)


def causes(
    status: PaymentStatus = PAID, state: str | None = None, refunded: int = 0
) -> OrderCauses:
    record = PaymentRecord("payment", True, payment(status, refunded), 1)
    return OrderCauses(record, {"shipment_1": shipment(state)} if state else {})


def told(*events: tuple[type[Event], str]) -> Outstanding:
    return Outstanding(frozenset((kind.type, subject) for kind, subject in events))


def rules(followed: FollowedOrder) -> list[str]:
    return [found.rule for found in order_follows(followed)]


@pytest.mark.parametrize(
    ("before", "after", "paid", "outstanding", "expected"),
    [
        (PAID, PAID, True, told(), []),
        (PAID, PAID, False, told(), ["capture_not_followed"]),
        (PAID, PAID, False, told((PaymentCaptured, "saga_1")), []),
        (PAID, PAID, False, told((PaymentCaptured, "saga_2")), ["capture_not_followed"]),
        (PAID, PAID, False, told((PaymentRefunded, "saga_1")), ["capture_not_followed"]),
        # Captured after it was looked at, whether the order had consumed that by then or not.
        ("capturing", PAID, False, told(), []),
        ("capturing", PAID, True, told(), []),
        ("capturing", "capturing", False, told(), []),
        ("capturing", "capturing", True, told(), ["paid_too_early"]),
    ],
)
def test_an_order_hears_of_its_payment(
    before: PaymentStatus,
    after: PaymentStatus,
    paid: bool,  # noqa: FBT001
    outstanding: Outstanding,
    expected: list[str],
) -> None:
    order = placed()._replace(paid=paid)
    assert rules(FollowedOrder(causes(before), outstanding, order, causes(after))) == expected


@pytest.mark.parametrize(
    ("before", "order", "after", "outstanding", "expected"),
    [
        (5, 5, 5, told(), []),
        (5, 0, 5, told(), ["refund_not_followed"]),
        (5, 0, 5, told((PaymentRefunded, "saga_1")), []),
        (0, 0, 5, told(), []),
        (0, 5, 5, told(), []),
        (0, 5, 0, told(), ["refunded_too_early"]),
    ],
)
def test_an_order_hears_of_refunds(
    before: int, order: int, after: int, outstanding: Outstanding, expected: list[str]
) -> None:
    record = placed()._replace(paid=True, refunded=order)
    followed = FollowedOrder(causes(refunded=before), outstanding, record, causes(refunded=after))
    assert rules(followed) == expected


@pytest.mark.parametrize(
    ("before", "order", "after", "outstanding", "expected"),
    [
        ("created", None, "created", told(), ["shipment_not_followed"]),
        ("created", None, "created", told((ShipmentCreated, "shipment_1")), []),
        ("created", "processing", "delivered", told(), []),
        ("created", "shipped", "delivered", told(), []),
        ("created", "shipped", "created", told(), ["shipment_too_early"]),
        ("dispatched", "processing", "delivered", told(), ["shipment_not_followed"]),
        ("dispatched", None, "dispatched", told((ShipmentDispatched, "shipment_1")), []),
        ("delivered", "processing", "delivered", told((ShipmentDelivered, "shipment_1")), []),
        (
            "delivered",
            "processing",
            "delivered",
            told((ShipmentDispatched, "shipment_1")),
            ["shipment_not_followed"],
        ),
        # An event that was settled and is outstanding still, to be settled again.
        ("dispatched", "shipped", "dispatched", told((ShipmentDispatched, "shipment_1")), []),
    ],
)
def test_an_order_hears_of_its_shipments(
    before: str,
    order: ShipmentState | None,
    after: str,
    outstanding: Outstanding,
    expected: list[str],
) -> None:
    shipments: dict[str, ShipmentState] = {} if order is None else {"shipment_1": order}
    record = placed()._replace(paid=True, shipments=shipments)
    followed = FollowedOrder(causes(state=before), outstanding, record, causes(state=after))
    assert rules(followed) == expected


@pytest.mark.parametrize(
    ("state", "then", "now", "outstanding", "expected"),
    [
        ("created", 0, 0, False, []),
        ("created", 0, 2, False, []),
        ("created", 2, 2, False, ["left_too_early"]),
        ("dispatched", 2, 2, False, []),
        ("dispatched", 0, 2, False, []),
        ("delivered", 0, 2, True, []),
        ("dispatched", 0, 0, True, []),
        ("dispatched", 0, 0, False, ["departure_differs"]),
        ("dispatched", 0, 1, True, ["departure_differs"]),
        ("dispatched", 2, 4, False, ["departure_differs"]),
        (None, 0, 0, False, []),
    ],
)
def test_units_leave_with_their_shipment(
    state: str | None,
    then: int,
    now: int,
    outstanding: bool,  # noqa: FBT001
    expected: list[str],
) -> None:
    made = shipment("created").shipment
    assert made is not None
    units = [+Counter({"A": n}) for n in (then, now)]
    followed = ShipmentDeparture(shipment(state), made, units[0], units[1], outstanding)
    assert [found.rule for found in units_left(followed)] == expected


def charge(outcome: str | None, captured: int | None = None, refunded: int = 0) -> ChargeRecord:
    return ChargeRecord("charge", outcome, AMOUNT, "USD", captured, refunded)


HELD, TAKEN, VOIDED = charge("held"), charge("held", AMOUNT), charge("voided")
NOTHING = ChargeRecord("charge", None, 0, None, None, 0)


@pytest.mark.parametrize(
    ("before", "status", "after", "expected"),
    [
        (NOTHING, "authorising", NOTHING, []),
        (NOTHING, "authorising", HELD, []),
        (HELD, "authorising", VOIDED, []),
        (NOTHING, "authorised", NOTHING, ["not_held_by_provider"]),
        (HELD, "authorised", HELD, []),
        (HELD, "authorised", TAKEN, []),
        (TAKEN, "authorised", TAKEN, ["taken_by_provider"]),
        (HELD, "capturing", TAKEN, []),
        (TAKEN, "capturing", TAKEN, []),
        (TAKEN, "captured", TAKEN, []),
        (HELD, "captured", HELD, ["not_taken_by_provider"]),
        (HELD, "voiding", VOIDED, []),
        (HELD, "voided", VOIDED, []),
        (HELD, "voided", HELD, ["still_held_by_provider"]),
        (charge("declined"), "declined", charge("declined"), []),
        (NOTHING, "declined", charge("refused_for_risk"), []),
        (HELD, "declined", HELD, ["still_held_by_provider"]),
        (TAKEN, "voided", TAKEN, ["still_held_by_provider", "taken_by_provider"]),
    ],
)
def test_a_provider_has_done_what_was_begun_and_no_less_than_is_sure(
    before: ChargeRecord, status: PaymentStatus, after: ChargeRecord, expected: list[str]
) -> None:
    found = payment_is_at_its_provider("payment", payment(status), before, after)
    assert [one.rule for one in found] == expected


@pytest.mark.parametrize(
    ("before", "refunded", "refunding", "after", "wrong"),
    [
        (0, 0, 5, 0, False),
        (0, 0, 5, 5, False),
        (5, 0, 5, 5, False),
        (0, 5, 0, 5, False),
        (5, 5, 0, 9, False),
        (9, 5, 0, 9, True),
        (0, 5, 0, 0, True),
    ],
)
def test_a_provider_gives_back_what_was_begun(
    before: int,
    refunded: int,
    refunding: int,
    after: int,
    wrong: bool,  # noqa: FBT001
) -> None:
    found = payment_is_at_its_provider(
        "payment",
        payment(PAID, refunded, refunding),
        charge("held", AMOUNT, before),
        charge("held", AMOUNT, after),
    )
    assert [one.rule for one in found] == ["refunds_of_provider"] * wrong
