"""What a mail says that things cost adds up, and is what the store says everywhere else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.receipt import check
from deployments.carts.events import AbandonedLine, CartAbandoned
from deployments.foundation.values.money import format_money
from deployments.notifications.domain import MailSource, cart_abandoned, order_placed
from deployments.notifications.renderer import MailRenderer
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import OrderedItem
from deployments.orders.domain.orders import order_of, placed_event
from deployments.orders.wire import order_json
from deployments.pricing.contract import PriceLine, PriceRequest, TaxAddress
from deployments.pricing.domain.prices import price
from deployments.pricing.domain.rules import rules_of
from deployments.pricing.seed import discount_codes, offers, tax_rates
from tests.unit.notifications.composed_notifications import SENDER
from tests.unit.notifications.smtp_server import mail_of, part
from tests.unit.orders.sample_orders import order

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = MailSource("event_1", NOW)
RENDERER = MailRenderer(SENDER)
RULES = rules_of(offers(), discount_codes(), tax_rates())
SHIPPED_CODES = sorted(code.code for code in discount_codes())
TIRE = PriceLine(sku="TI-M267", quantity=2, unit_price=2499)
_AMOUNT = re.compile(r"-?\$[\d,]+\.\d\d")


def bought(*lines: PriceLine, codes: tuple[str, ...] = (), shipping: int = 500) -> PlaceOrder:
    """An order as checkout places it, priced by the rules that the store ships with."""
    address = TaxAddress(country="US", region="CA")
    wanted = PriceRequest(lines=lines, codes=codes, address=address, shipping=shipping)
    priced = price(wanted, RULES, {}, NOW)
    items = tuple(
        OrderedItem(
            id=f"li_{n}",
            sku=line.sku,
            title=f"Thing {line.sku}",
            unit_price=line.unit_price,
            quantity=line.quantity,
            price=priced.lines[n],
        )
        for n, line in enumerate(lines)
    )
    changed = {"items": items, "totals": priced.totals, "tax_name": priced.tax_name}
    return order().model_copy(update=changed)


def confirmation(placed: PlaceOrder) -> EmailMessage:
    return mail_of(
        RENDERER.write(order_placed(SOURCE, placed_event(placed, "FH-100001"))).as_bytes()
    )


def amounts(mail: EmailMessage, kind: str) -> list[int]:
    """All amounts of money in a mail, in cents and in their order."""
    text = part(mail, kind)
    return [int(re.sub(r"[$,.]", "", amount)) for amount in _AMOUNT.findall(text)]


def receipt(placed: PlaceOrder) -> list[int]:
    """The amounts of the same order as the demo shows it: each line's, then the totals."""
    shown = order_json(order_of(placed, "FH-100001", (), "https://store.example"))
    check(shown)
    lines = [line["item"]["price"] * line["quantity"]["total"] for line in shown["line_items"]]
    return [*lines, *(entry["amount"] for entry in shown["totals"])]


def test_two_tires_with_a_code_in_california_add_up() -> None:
    mail = confirmation(bought(TIRE, codes=("WELCOME10",)))
    for kind, times in (("plain", "x"), ("html", "\u00d7")):
        assert f"2 {times} Thing TI-M267" in part(mail, kind)
        assert amounts(mail, kind) == [4998, 4998, -500, 500, 394, 5392]
    assert "\nDiscounts: -$5.00\n" in part(mail, "plain")
    assert "\nCalifornia State Sales Tax: $3.94\n" in part(mail, "plain")


@given(
    st.lists(
        st.builds(
            PriceLine,
            sku=st.sampled_from(["TI-M267", "HL-U509", "BK-R50R-62"]),
            quantity=st.integers(1, 40),
            unit_price=st.integers(0, 400_000),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda line: line.sku,
    ),
    st.lists(st.sampled_from(SHIPPED_CODES), unique=True, max_size=3),
    st.integers(0, 10_000),
)
def test_every_confirmation_adds_up_and_is_the_receipt(
    lines: list[PriceLine], codes: list[str], shipping: int
) -> None:
    placed = bought(*lines, codes=tuple(codes), shipping=shipping)
    mail = confirmation(placed)
    for kind in ("plain", "html"):
        found = amounts(mail, kind)
        assert found == receipt(placed)
        each, (subtotal, *parts, total) = found[: len(lines)], found[len(lines) :]
        assert sum(each) == subtotal
        assert subtotal + sum(parts) == total == placed.totals.total


@pytest.mark.parametrize(("discount", "tax"), [(0, 0), (500, 0), (700, 321)])
def test_a_reminder_adds_up(discount: int, tax: int) -> None:
    left = CartAbandoned(
        cart_id="cart_1",
        platform="acme",
        buyer_email="ada@example.com",
        currency="USD",
        total=4998 - discount + tax,
        lines=(AbandonedLine(sku="TI-M267", title="Tire", quantity=2, unit_price=2499),),
        discount=discount,
        tax=tax,
    )
    mail = mail_of(RENDERER.write(cart_abandoned(SOURCE, left)).as_bytes())
    for kind in ("plain", "html"):
        first, subtotal, *parts, total = amounts(mail, kind)
        assert first == subtotal == 4998
        assert subtotal + sum(parts) == total == left.total
        assert format_money(left.total, "USD") in part(mail, kind)
