"""The rules by themselves: what is judged, what is not, and where the limits are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.audit.orders_and_payments import order_is_paid, payment_has_its_order
from commands.audit.orders_and_stock import (
    UnitsSold,
    order_has_its_units,
    reservation_has_its_saga,
    sold_is_ordered,
)
from commands.audit.redemptions import redemption_is_used
from deployments.checkout.audit import ABANDONED, STUCK, saga_ends
from deployments.checkout.contract import Session, SessionDelivery
from deployments.checkout.records import SagaRecord, SessionRecord
from deployments.foundation.values.address import PostalAddress
from deployments.inventory.audit import (
    LedgerReplay,
    ReservationDoubt,
    reservation_is_in_the_ledger,
    unlike_the_ledger,
)
from deployments.inventory.contract import Allocation
from deployments.inventory.domain.ledger import Movement
from deployments.inventory.domain.stock import State
from deployments.inventory.records import LedgerEntry, ReservationRecord
from deployments.orders.audit import order_adds_up
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import OrderDelivery, OrderedItem
from deployments.orders.records import OrderRecord
from deployments.payments.contract import PaymentStatus
from deployments.payments.domain.payments import Payment
from deployments.payments.records import PaymentRecord
from deployments.pricing.audit import count_is_right
from deployments.pricing.contract import (
    DiscountCode,
    Priced,
    PriceLine,
    PriceRequest,
    PriceTotals,
)
from deployments.pricing.domain.prices import price
from deployments.pricing.domain.rules import Rules, rules_of
from deployments.pricing.records import CodeRecord

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPEN = ("reserving", "authorising", "placing", "settling", "undoing")
OVER = ("done", "undone", None)
WHOLE = DiscountCode(
    code="WHOLE", title="", kind="free_shipping", starts=NOW, ends=NOW + timedelta(days=1)
)


def saga(stage: str | None = "done") -> SagaRecord:
    began = int(NOW.timestamp() * 1000)
    lease = began + 15_000.0 if stage in OPEN else None
    return SagaRecord("saga_1", "saga", stage, 1, "checkout_1", "order_1", began, lease, began)


def order(quantity: int = 2, codes: tuple[str, ...] = (), shipping: int = 500) -> PlaceOrder:
    """An order, priced as pricing prices it."""
    lines = (PriceLine(sku="A", quantity=quantity, unit_price=999),)
    wanted = PriceRequest(lines=lines, codes=codes, shipping=shipping)
    priced = price(wanted, rules_of(codes=[WHOLE]) if codes else Rules(), {}, NOW)
    item = OrderedItem(
        id="li_1", sku="A", title="", unit_price=999, quantity=quantity, price=priced.lines[0]
    )
    delivery = OrderDelivery(
        title="", carrier="", earliest=NOW, latest=NOW, address=PostalAddress()
    )
    return PlaceOrder(
        key="saga_1:place",
        order_id="order_1",
        platform="acme",
        checkout_id="checkout_1",
        payment_id="saga_1",
        reservation_id="saga_1",
        currency="USD",
        items=(item,),
        totals=priced.totals,
        delivery=delivery,
    )


def placed() -> OrderRecord:
    return OrderRecord("order", True, order(), False, NOW.timestamp())


def payment(status: PaymentStatus = "captured", amount: int = 2498) -> PaymentRecord:
    taken = status == "captured"
    paid = Payment(
        checkout_id="checkout_1",
        handler_id="sandbox",
        amount=amount,
        currency="USD",
        status=status,
        authorised_by="saga_1:authorise",
        captured=amount if taken else 0,
    )
    return PaymentRecord("payment", True, paid, int(taken))


def reservation(state: str | None = "committed", *units: int) -> ReservationRecord:
    taken = tuple(
        Allocation(sku="A", location_id=place, quantity=n)
        for place, n in enumerate(units or (2,), 1)
    )
    lapses = 1.0 if state == "held" else None
    return ReservationRecord("reservation", state, taken if state else None, lapses)


def paid(record: PaymentRecord, stage: str | None) -> list[str]:
    return [found.rule for found in order_is_paid("order", order(), saga(stage), record)]


def test_an_order_is_paid_when_it_is_captured_or_its_saga_will_do_it() -> None:
    for stage in (*OPEN, *OVER):
        assert paid(payment("captured"), stage) == []
    coming: tuple[PaymentStatus, ...] = ("authorised", "capturing")
    for status in coming:
        assert all(paid(payment(status), stage) == [] for stage in OPEN)
        assert all(paid(payment(status), stage) == ["not_paid"] for stage in OVER)
    others: tuple[PaymentStatus, ...] = ("authorising", "voiding", "voided", "declined")
    for status in others:
        assert all(paid(payment(status), stage) == ["not_paid"] for stage in (*OPEN, *OVER))


@pytest.mark.parametrize("cents", [-1, 1])
def test_a_payment_is_for_the_total_to_the_cent(cents: int) -> None:
    assert paid(payment(amount=2498 + cents), "done") == ["amount_differs"]


@pytest.mark.parametrize("status", ["authorising", "authorised", "capturing", "voiding"])
def test_money_may_be_on_its_way_only_while_a_saga_is_open(status: PaymentStatus) -> None:
    for stage in OPEN:
        assert [*payment_has_its_order(payment(status), saga(stage), ordered=False)] == []
    for ended in OVER:
        (found,) = payment_has_its_order(payment(status), saga(ended), ordered=False)
        assert (found.rule, found.keys) == ("held_without_order", ("payment", "saga"))


def test_what_let_its_money_go_needs_no_order() -> None:
    without: tuple[PaymentStatus, ...] = ("voided", "declined")
    for status in without:
        assert [*payment_has_its_order(payment(status), saga("undone"), ordered=False)] == []


def test_a_reservation_is_judged_when_its_saga_has_ended() -> None:
    for state in ("held", "allocated", "committed", "released"):
        for stage in OPEN:
            record = reservation(state)
            assert [*reservation_has_its_saga(record, saga(stage), placed())] == []
    due = {"done": "committed", "undone": "released"}
    for end, right in due.items():
        for state in ("held", "allocated", "committed", "released"):
            found = [*reservation_has_its_saga(reservation(state), saga(end), placed())]
            assert (found == []) == (state == right)


def test_units_of_several_locations_make_one_line() -> None:
    assert [*reservation_has_its_saga(reservation("committed", 1, 1), saga(), placed())] == []
    found = [*reservation_has_its_saga(reservation("committed", 1, 2), saga(), placed())]
    assert [one.rule for one in found] == ["sold_units_differ"]
    assert found[0].what == "3 of A are sold, 2 of A are ordered."


def test_an_old_order_may_have_lost_its_reservation() -> None:
    gone = reservation(None)
    for days, rules in ((5, ["order_without_units"]), (7, [])):
        now = NOW + timedelta(days=days)
        found = order_has_its_units(placed(), saga(), gone, now)
        assert [one.rule for one in found] == rules


def test_a_saga_is_overdue_only_long_after_its_lease() -> None:
    """By the clock that its lease goes by, whatever the auditor's own says."""
    lease_ends = (NOW + timedelta(seconds=15)).timestamp() * 1000
    at = {ABANDONED: [], ABANDONED + timedelta(seconds=1): ["abandoned"]}
    for later, rules in at.items():
        read_at = lease_ends + later.total_seconds() * 1000
        assert [
            one.rule for one in saga_ends(saga("placing")._replace(read_at=read_at), NOW)
        ] == rules
    lasting = (NOW + STUCK).timestamp() * 1000
    driven = saga("placing")._replace(fence=40, lease_ends=lasting)
    assert [*saga_ends(driven, NOW + STUCK)] == []
    (found,) = saga_ends(driven, NOW + STUCK + timedelta(seconds=1))
    assert found.what == "It stands at placing 301 s after it began, with its driver no. 40."


def test_a_code_may_be_redeemed_up_to_its_limit() -> None:
    rule = WHOLE.model_copy(update={"max_redemptions": 3})
    for n, rules in ((0, []), (3, []), (4, ["over_the_limit"])):
        record = CodeRecord("whole", "key", rule, n, n)
        assert [one.rule for one in count_is_right(record)] == rules
    unlimited = CodeRecord("whole", "key", WHOLE, 10**6, 10**6)
    assert [*count_is_right(unlimited)] == []


def test_a_redemption_is_judged_when_its_saga_has_ended() -> None:
    code = CodeRecord("whole", "key", WHOLE, 1, 1)
    for stage, rules in (("undone", ["not_given_back"]), *((open_, []) for open_ in OPEN)):
        found = redemption_is_used(code, "saga_1:redeem", saga(stage), without_codes())
        assert [one.rule for one in found] == rules
    (used,) = redemption_is_used(code, "saga_1:redeem", saga("done"), without_codes())
    assert (used.rule, used.keys) == (
        "redeemed_for_nothing",
        ("key saga_1:redeem", "saga", "session"),
    )


def without_codes() -> SessionRecord:
    """A session whose total no code lowers."""
    bought = order()
    session = Session(
        id="checkout_1",
        platform="acme",
        version=1,
        status="completed",
        lines=(),
        codes=(),
        buyer=None,
        context=None,
        currency="USD",
        delivery=SessionDelivery(destinations=()),
        priced=Priced(lines=(), discounts=(), rejected=(), totals=bought.totals),
        notices=(),
        expires_at=NOW,
    )
    return SessionRecord("session", True, session, "saga_1")


@pytest.mark.parametrize("field", ["subtotal", "discount", "tax", "total"])
def test_a_line_adds_up_too(field: str) -> None:
    right = order()
    (item,) = right.items
    price = item.price.model_copy(update={field: getattr(item.price, field) + 1})
    wrong = right.model_copy(update={"items": (item.model_copy(update={"price": price}),)})
    assert "line_is_off" in {one.rule for one in order_adds_up("order", wrong)}


@given(
    quantity=st.integers(1, 100),
    shipping=st.integers(0, 5000),
    codes=st.sampled_from([(), ("WHOLE",)]),
)
def test_what_pricing_prices_adds_up(quantity: int, shipping: int, codes: tuple[str, ...]) -> None:
    assert [*order_adds_up("order", order(quantity, codes, shipping))] == []


@given(
    field=st.sampled_from(sorted(PriceTotals.model_fields)),
    by=st.integers(1, 10**6),
)
def test_totals_with_anything_changed_do_not_add_up(field: str, by: int) -> None:
    right = order()
    totals = right.totals.model_copy(update={field: getattr(right.totals, field) + by})
    wrong = right.model_copy(update={"totals": totals})
    found = {one.rule for one in order_adds_up("order", wrong)}
    names = {"items_discount": "discount", "fulfillment": "total", "discount": "total"}
    assert f"{names.get(field, field)}_is_off" in found


def test_no_more_can_be_taken_off_shipping_than_it_costs() -> None:
    right = order(codes=("WHOLE",))
    assert right.totals.discount == right.totals.fulfillment == 500
    update = {"discount": 501, "total": right.totals.total - 1}
    wrong = right.model_copy(update={"totals": right.totals.model_copy(update=update)})
    assert [one.rule for one in order_adds_up("order", wrong)] == ["shipping_below_zero"]


def sums(before: int, after: int, ordered: int, settled: int) -> list[str]:
    of_a = [Counter({"A": n}) for n in (before, after, ordered, settled)]
    return [found.rule for found in sold_is_ordered(UnitsSold(of_a[0], of_a[1], of_a[2], of_a[3]))]


def test_what_was_sold_meanwhile_is_no_discrepancy() -> None:
    assert sums(before=3, after=3, ordered=3, settled=3) == []
    assert sums(before=3, after=9, ordered=7, settled=5) == []
    assert sums(before=4, after=4, ordered=3, settled=3) == ["sold_but_not_ordered"]
    assert sums(before=3, after=3, ordered=4, settled=4) == ["ordered_but_not_sold"]


def moved(source: State, target: State, quantity: int, of: str = "saga_1") -> LedgerEntry:
    movement = Movement(
        sku="A",
        location_id=1,
        source=source,
        target=target,
        quantity=quantity,
        why="",
        at=0,
        reservation=of,
    )
    return LedgerEntry("entry", movement)


def test_the_ledger_knows_what_every_reservation_has_set_aside() -> None:
    ledger = LedgerReplay()
    ledger.add(
        [moved(State.AVAILABLE, State.RESERVED, 2), moved(State.AVAILABLE, State.RESERVED, 1, "b")]
    )
    assert ledger.reserved == {"saga_1": {("A", 1): 2}, "b": {("A", 1): 1}}
    ledger.add(
        [moved(State.RESERVED, State.COMMITTED, 2), moved(State.RESERVED, State.AVAILABLE, 1, "b")]
    )
    assert ledger.reserved == {}
    assert ledger.stock["A", 1, State.COMMITTED] == 2


def test_a_reservation_that_came_or_went_meanwhile_is_only_looked_at_again() -> None:
    two = Counter({("A", 1): 2})
    held = reservation("held")
    assert [*unlike_the_ledger({"a": held}, {"a": two})] == []
    assert [*unlike_the_ledger({"a": held}, {})] == ["a"]
    assert [*unlike_the_ledger({}, {"a": two})] == ["a"]
    # It began after the first look, or it was over by the second one, and the ledger knows it.
    assert [*reservation_is_in_the_ledger(ReservationDoubt(held, then=two, now=two))] == []
    assert [
        *reservation_is_in_the_ledger(ReservationDoubt(reservation(), then=two, now=Counter()))
    ] == []
    # It was over only after the second look.
    assert [*reservation_is_in_the_ledger(ReservationDoubt(held, then=two, now=Counter()))] == []
    for wrong in (
        ReservationDoubt(held, then=Counter(), now=Counter()),
        ReservationDoubt(reservation(), then=two, now=two),
        ReservationDoubt(reservation(None), then=two, now=two),
    ):
        assert [one.rule for one in reservation_is_in_the_ledger(wrong)] == ["reservation_differs"]
