"""Orders: all of them, one with its payment and parcels, and money given back."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import NotAnAmountError
from deployments.backoffice.visit import Visit
from deployments.foundation.values.ids import new_id
from deployments.orders.contract import OrdersApi
from deployments.orders.contract.order import Order
from deployments.orders.contract.staff import FindOrder, ListOrders
from deployments.payments.contract import (
    GetPayment,
    PaymentNotPossible,
    PaymentsApi,
    PaymentShown,
    RefundPayment,
)

_PAGE = 50
_LONGEST_NAME = 128


class _Refund(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    key: Annotated[str, StringConstraints(max_length=64, pattern=r"^[\w.-]+$")]
    amount: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    confirmed: bool = False


class OrderPages:
    """The pages of orders, upon orders and payments."""

    def __init__(self, orders: OrdersApi, payments: PaymentsApi) -> None:
        self._orders, self._payments = orders, payments

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/orders", self.list, "orders.read"),
            PageRoute("GET", "/orders/find", self.find, "orders.read"),
            PageRoute("GET", "/orders/{name}", self.show, "orders.read"),
            PageRoute("POST", "/orders/{name}/refund", self.refund, "refunds.make"),
        ]

    async def list(self, visit: Visit) -> Response:
        """All orders, newest first."""
        before = visit.query("before")
        sent = ListOrders.model_validate({"before": before or None, "limit": _PAGE})
        found = await self._orders.list_orders(sent)
        more = None if found.before is None else visit.url("/orders", before=found.before)
        return visit.show("orders.html", found=found, more=more)

    async def find(self, visit: Visit) -> Response:
        """To the order that was typed: its label or its id."""
        name = visit.query("name").upper() if "-" in visit.query("name") else visit.query("name")
        return visit.go(path_of("orders", name) if name else "/orders")

    async def show(self, visit: Visit) -> Response:
        """An order."""
        return await self._page(visit, Form())

    async def _page(self, visit: Visit, form: Form) -> Response:
        order, payment = await self._order(visit)
        return visit.show(
            "order.html",
            status=422 if form.values else 200,
            form=form,
            order=order,
            payment=payment,
            key=new_id("refund"),
        )

    async def refund(self, visit: Visit) -> Response:
        """Gives money back, when it was asked for once more and says what is left then."""
        typed, form = filled(_Refund, visit.form, visit.language)
        if typed is None:
            return await self._page(visit, form)
        order, payment = await self._order(visit)
        amount = _amount(visit, typed.amount, payment)
        if isinstance(amount, str):
            return await self._page(visit, form.refused(amount, at="amount"))
        if not typed.confirmed:
            return visit.show(
                "refund_confirm.html",
                form=Form(),
                order=order,
                payment=payment,
                typed=typed,
                amount=amount,
            )
        try:
            await self._payments.refund(_request(visit, typed, payment, amount))
        except PaymentNotPossible as no:
            return await self._page(visit, form.refused(visit.language.rejection(no)))
        given = visit.language.money(amount, payment.currency)
        return visit.go(
            path_of("orders", order.label), visit.text("%(money)s are given back.", money=given)
        )

    async def _order(self, visit: Visit) -> tuple[Order, PaymentShown]:
        name = str(visit.request.path_params["name"])[:_LONGEST_NAME]
        order = await self._orders.find_order(FindOrder(name=name))
        return order, await self._payments.payment(GetPayment(payment_id=order.payment_id))


def _request(visit: Visit, typed: _Refund, payment: PaymentShown, amount: int) -> RefundPayment:
    return RefundPayment(
        key=f"staff:{typed.key}",
        payment_id=payment.payment_id,
        amount=amount,
        author=visit.author,
        reason=typed.reason,
    )


def _amount(visit: Visit, typed: str, payment: PaymentShown) -> int | str:
    """The amount in minor units; or what is wrong with it."""
    try:
        amount = visit.language.minor_units(typed, payment.currency)
    except NotAnAmountError:
        example = visit.language.typed_money(1250, payment.currency)
        return visit.text("Type an amount, such as %(example)s.", example=example)
    most = visit.language.money(payment.refundable, payment.currency)
    if not 0 < amount <= payment.refundable:
        return visit.text("Type more than nothing, and %(most)s at most.", most=most)
    return amount
