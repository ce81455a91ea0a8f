"""Orders are listed and found, and money is given back once, for a reason, never too much."""

from __future__ import annotations

from typing import cast

import pytest

from deployments.orders.contract import OrdersApi
from deployments.payments.contract import GetPayment, PaymentsApi
from deployments.payments.service import PaymentsService
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office
from tests.unit.orders.sample_orders import order
from tests.unit.payments.composed_payments import capture, charge

PAID = 1000


@pytest.fixture
async def support(office: Office) -> Browser:
    """A browser of support and finance, in a shop with one order that was paid for."""
    payments = cast(PaymentsService, office.host.services["payments"].service)
    await payments.authorise(charge(amount=PAID))
    await payments.capture(capture())
    placed = order("s1").model_copy(update={"payment_id": "s1"})
    await office.host.connect(OrdersApi, app="orders").place(placed)
    return await office.colleague("support", "finance")


async def given_back(office: Office) -> int:
    payments = office.host.connect(PaymentsApi, app="payments")
    return (await payments.payment(GetPayment(payment_id="s1"))).refunded


async def test_an_order_is_listed_and_found(office: Office, support: Browser) -> None:
    assert "FH-100001" in (await support.get("/orders")).text
    for typed in ("FH-100001", "fh-100001", "order_s1"):
        shown = await support.open(f"/orders/find?name={typed}")
        assert "Thing 1" in shown.text, typed
    assert (await support.get("/orders/FH-999999")).status_code == 404


async def test_money_is_given_back_once_and_says_first_what_is_left(
    office: Office, support: Browser
) -> None:
    page = await support.get("/orders/FH-100001")
    asked = await support.send(page, "/refund", {"amount": "2.50", "reason": "scratched"})
    assert "$2.50 go back to the buyer" in asked.text
    assert "$7.50 are left" in asked.text
    assert await given_back(office) == 0
    for _ in range(2):
        shown = await support.follow(await support.send(asked, "/refund", {}))
        assert "$2.50 are given back." in shown.text
    assert await given_back(office) == 250


@pytest.mark.parametrize("amount", ["0", "-1", "10.01", "1e3", "all of it", "1.005", "NaN", "∞"])
async def test_no_more_is_given_back_than_was_taken(
    office: Office, support: Browser, amount: str
) -> None:
    page = await support.get("/orders/FH-100001")
    refused = await support.send(page, "/refund", {"amount": amount, "reason": "scratched"})
    assert refused.status_code == 422
    assert 'id="amount-wrong"' in refused.text
    assert await given_back(office) == 0


async def test_money_is_given_back_for_a_reason(office: Office, support: Browser) -> None:
    page = await support.get("/orders/FH-100001")
    refused = await support.send(page, "/refund", {"amount": "1"})
    assert refused.status_code == 422
    assert 'id="reason-wrong"' in refused.text


async def test_in_german_an_amount_has_a_decimal_comma(office: Office, support: Browser) -> None:
    await support.post("/language", {"csrf": await support.token(), "language": "de"})
    page = await support.get("/orders/FH-100001")
    asked = await support.send(page, "/refund", {"amount": "2,50", "reason": "verkratzt"})
    await support.send(asked, "/refund", {})
    assert await given_back(office) == 250
