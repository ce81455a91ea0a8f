"""What orders shows the other services: placing an order, and showing it to whom it belongs.

`order` has what an order is, `staff` what those who run the shop see of all orders.
"""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.values.message import Currency, Message, StepKey
from deployments.orders.contract.order import Order, OrderDelivery, OrderedItem
from deployments.orders.contract.staff import OrdersForStaff
from deployments.pricing.contract import PriceTotals


class PlaceOrder(Message):
    """A checkout that became an order. `order_id` was drawn by the checkout, unguessable."""

    key: StepKey
    order_id: str
    platform: str
    checkout_id: str
    payment_id: str
    reservation_id: str
    currency: Currency
    items: tuple[OrderedItem, ...] = Field(min_length=1)
    totals: PriceTotals
    tax_name: str | None = None
    delivery: OrderDelivery
    buyer_email: str | None = None


class PlacedOrder(Message):
    """The order exists. `label` is what a buyer reads, such as FH-100042."""

    order_id: str
    label: str
    permalink_url: str


class UndoPlacement(Message):
    """Withdraw an order that should not be. `undoes` is the placing step's key: tombstoned."""

    undoes: StepKey
    order_id: str


class Withdrawn(Message):
    """The order is not, and will not be."""


class GetOrder(Message):
    """An order's id, and the platform that asks."""

    order_id: str
    platform: str


class OrderDocument(Message):
    """An order as UCP has it, whole: what platforms are shown and sent."""

    body: dict[str, Any]


class OrdersApi(OrdersForStaff, Protocol):
    """Orders' contract."""

    @repeatable
    async def place(self, request: PlaceOrder) -> PlacedOrder:
        """Write the order down, once. Rejects with `StepUndone`."""
        ...

    @repeatable
    async def withdraw(self, request: UndoPlacement) -> Withdrawn:
        """Undo `place`, and reject it if it arrives later."""
        ...

    @repeatable
    async def get(self, request: GetOrder) -> Order:
        """The order, for the platform that made it. Rejects with `OrderNotFound`."""
        ...

    @repeatable
    async def render(self, request: GetOrder) -> OrderDocument:
        """The order as its platform is shown it. Rejects with `OrderNotFound`."""
        ...
