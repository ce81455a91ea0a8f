"""Orders' service: one method per method of its contract, and per event that it follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from deployments.foundation.rpc.rejection import StepUndone
from deployments.foundation.values.clock import Clock, utc_now
from deployments.orders.contract import (
    GetOrder,
    OrderDocument,
    PlacedOrder,
    PlaceOrder,
    UndoPlacement,
    Withdrawn,
)
from deployments.orders.contract.order import Order, ShipmentState, ShippedParcel
from deployments.orders.contract.staff import (
    FindOrder,
    ListOrders,
    OrderNotFound,
    OrderPage,
    OrdersOf,
    ReservedOrders,
)
from deployments.orders.domain import changes
from deployments.orders.domain.changes import OrderUpdate
from deployments.orders.domain.orders import number_of, order_of, placed_order, row_of
from deployments.orders.store import OrdersStore
from deployments.orders.wire import order_json
from deployments.payments.events import PaymentRefunded


class OrderNotKnownError(Exception):
    """The event is about an order, or about the payment of one, that was not placed here yet."""


class OrderEventSource(NamedTuple):
    """An event of another service: its id, and when what it tells came true."""

    event: str
    at: datetime


class OrdersService:
    """Implements `OrdersApi`: every method is one Redis round trip and no handle call.

    To follow an event takes two round trips, and one more if it names a payment. All raise
    `OrderNotKnownError`.
    """

    def __init__(self, store: OrdersStore, public_url: str, clock: Clock = utc_now) -> None:
        self._store, self._public_url, self._clock = store, public_url, clock

    async def place(self, request: PlaceOrder) -> PlacedOrder:
        """See `OrdersApi`."""
        label = await self._store.place(request, self._clock())
        if label is None:
            raise StepUndone("This order was withdrawn before it arrived.")
        return placed_order(request.order_id, label, self._public_url)

    async def withdraw(self, request: UndoPlacement) -> Withdrawn:
        """See `OrdersApi`."""
        await self._store.withdraw(request, self._clock())
        return Withdrawn()

    async def get(self, request: GetOrder) -> Order:
        """See `OrdersApi`. An order of another platform is as unknown as one that is not there."""
        found = await self._store.find(request.order_id)
        if found is None or not found.is_shown_to(request.platform):
            raise OrderNotFound("There is no such order.")
        return order_of(*found, self._public_url)

    async def render(self, request: GetOrder) -> OrderDocument:
        """See `OrdersApi`."""
        return OrderDocument(body=order_json(await self.get(request)))

    # Those who run the shop

    async def list_orders(self, request: ListOrders) -> OrderPage:
        """See `OrdersForStaff`."""
        found, total = await self._store.page(request.before, request.limit)
        rows = tuple(row_of(order_of(*one, self._public_url)) for one in found)
        more = number_of(rows[-1].label) if len(rows) == request.limit else None
        return OrderPage(orders=rows, total=total, before=more)

    async def find_order(self, request: FindOrder) -> Order:
        """See `OrdersForStaff`."""
        number = number_of(request.name)
        order_id = request.name if number is None else await self._store.numbered(number)
        found = await self._store.find(order_id) if order_id else None
        if found is None or found.is_withdrawn:
            raise OrderNotFound("There is no such order.")
        return order_of(*found, self._public_url)

    async def orders_of(self, request: OrdersOf) -> ReservedOrders:
        """See `OrdersForStaff`. Two round trips."""
        found = await self._store.reserved(request.reservations)
        orders = (order_of(*one, self._public_url) for one in found if not one.is_withdrawn)
        return ReservedOrders(orders={one.reservation_id: row_of(one) for one in orders})

    # Events of other services

    async def payment_captured(self, source: OrderEventSource, payment_id: str) -> None:
        """An order is paid."""
        order_id = await self._order_of(payment_id)
        await self._follow(source, order_id, lambda order: changes.paid(order, source.at))

    async def payment_refunded(self, source: OrderEventSource, refund: PaymentRefunded) -> None:
        """Money for an order was given back."""
        order_id = await self._order_of(refund.payment_id)
        await self._follow(
            source, order_id, lambda order: changes.refunded(order, source.at, refund)
        )

    async def shipment_moved(
        self, source: OrderEventSource, order_id: str, parcel: ShippedParcel, state: ShipmentState
    ) -> None:
        """A shipment of an order has come so far. Raises `ForeignLineError`."""
        await self._follow(
            source,
            order_id,
            lambda order: changes.shipment_moved(order, source.at, parcel, state),
        )

    async def _follow(
        self, source: OrderEventSource, order_id: str, decide: Callable[[Order], OrderUpdate]
    ) -> None:
        """Change an order, however often others change it meanwhile."""
        done = False
        while not done:
            found = await self._store.find(order_id)
            if found is None:
                raise OrderNotKnownError(order_id)
            order = order_of(*found, self._public_url)
            done = await self._store.append(source.event, order, decide(order), self._clock())

    async def _order_of(self, payment_id: str) -> str:
        order_id = await self._store.of_payment(payment_id)
        if order_id is None:
            await self._store.index_payments()
            order_id = await self._store.of_payment(payment_id)
        if order_id is None:
            raise OrderNotKnownError(payment_id)
        return order_id
