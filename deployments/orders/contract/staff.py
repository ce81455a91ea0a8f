"""What orders shows those who run the shop: all orders, whichever platform made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Cents, Currency, Message
from deployments.orders.contract.order import Order, ShipmentState

MAX_PAGE = 100
_MOST_ORDERS = 10**12


class ListOrders(Message):
    """A page of all orders, newest first; `before` is what the page before gave."""

    before: int | None = Field(None, ge=0, le=_MOST_ORDERS)
    limit: int = Field(50, ge=1, le=MAX_PAGE)


class OrderRow(Message):
    """An order in a list. `state` is how far its slowest shipment has come, none before there is
    one; amounts are in minor units of `currency`."""

    id: str
    label: str
    placed_at: datetime
    platform: str
    buyer_email: str | None = None
    currency: Currency
    total: Cents
    refunded: Cents = 0
    paid: bool = False
    state: ShipmentState | None = None


class OrderPage(Message):
    """Orders, and how many there are in all; `before` leads to the next page, if there is one."""

    orders: tuple[OrderRow, ...]
    total: int
    before: int | None = None


class FindOrder(Message):
    """An order's id, or its label, such as FH-100042."""

    name: str = Field(min_length=1, max_length=128)


class OrdersOf(Message):
    """Reservations of stock, for whose orders somebody asks."""

    reservations: tuple[str, ...] = Field(max_length=MAX_PAGE)


class ReservedOrders(Message):
    """Orders by their reservations; nothing of one whose order was not placed yet, or withdrawn."""

    orders: dict[str, OrderRow]


@dataclass(eq=False)
class OrderNotFound(Rejection):
    """There is no such order, or the platform that asks did not make it."""

    code: ClassVar[str] = "orders.not_found"


class OrdersForStaff(Protocol):
    """Orders as those see them who run the shop. Whether somebody may is the caller's to ask."""

    @repeatable
    async def list_orders(self, request: ListOrders) -> OrderPage:
        """A page of all orders that were not withdrawn."""
        ...

    @repeatable
    async def find_order(self, request: FindOrder) -> Order:
        """An order by its id or its label. Rejects with `OrderNotFound`."""
        ...

    @repeatable
    async def orders_of(self, request: OrdersOf) -> ReservedOrders:
        """The orders that these reservations of stock are for."""
        ...
