"""Orders and refunds, and the audit log, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import RefundBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.orders.contract import OrdersApi
from deployments.orders.contract.order import Order
from deployments.orders.contract.staff import FindOrder, ListOrders, OrderPage
from deployments.payments.contract import (
    GetPayment,
    PaymentsApi,
    PaymentShown,
    RefundPayment,
)


class OrderActions:
    """The actions, upon orders and payments."""

    def __init__(self, orders: OrdersApi, payments: PaymentsApi) -> None:
        self._orders, self._payments = orders, payments

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/orders",
                self.list,
                "orders.read",
                summary="A page of orders, newest first",
                answer=OrderPage,
                query=ListOrders,
            ),
            Action(
                "GET",
                "/api/orders/{name}",
                self.show,
                "orders.read",
                summary="An order, by its id or its label",
                answer=Order,
            ),
            Action(
                "POST",
                "/api/orders/{name}/refunds",
                self.refund,
                "refunds.make",
                summary="Give money of an order back",
                answer=PaymentShown,
                body=RefundBody,
            ),
        ]

    async def list(self, caller: TokenRequest) -> Response:
        """A page of orders."""
        return shown(await self._orders.list_orders(query_of(ListOrders, caller)))

    async def show(self, caller: TokenRequest) -> Response:
        """An order."""
        return shown(await self._order(caller))

    async def refund(self, caller: TokenRequest) -> Response:
        """Money given back; the payment as it stands then."""
        body = await body_of(RefundBody, caller)
        order = await self._order(caller)
        sent = RefundPayment(
            key=f"staff:{body.key}",
            payment_id=order.payment_id,
            amount=body.amount,
            author=caller.author,
            reason=body.reason,
        )
        await self._payments.refund(sent)
        return shown(await self._payments.payment(GetPayment(payment_id=order.payment_id)))

    async def _order(self, caller: TokenRequest) -> Order:
        name = str(caller.request.path_params["name"])
        return await self._orders.find_order(FindOrder(name=name))
