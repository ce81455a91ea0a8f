"""What orders shows the other services: placing an order, and showing it to whom it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, get_args

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Cents, Currency, Message, StepKey
from deployments.pricing.contract import LinePrice, PriceTotals

ShipmentState = Literal["processing", "shipped", "delivered"]
"""How far a shipment has come, as UCP's fulfillment events name it."""
STATES: tuple[ShipmentState, ...] = get_args(ShipmentState)
"""In their order."""


class OrderedItem(Message):
    """A line as it was bought. `id` is the line item's id in the checkout session."""

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int = Field(ge=1)
    price: LinePrice


class OrderDelivery(Message):
    """What the buyer was promised: the option's title, the address, and the days in between."""

    title: str
    carrier: str
    earliest: datetime
    latest: datetime
    address: PostalAddress


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


class LineUnits(Message):
    """Units of an order's line; `id` is the line's."""

    id: str
    quantity: int = Field(ge=1)


class ShippedParcel(Message):
    """A shipment as one event about it tells: there is nothing to track before it was shipped."""

    id: str
    carrier: str
    lines: tuple[LineUnits, ...]
    tracking_number: str | None = None
    tracking_url: str | None = None


class OrderShipment(ShippedParcel):
    """A shipment as it stands, and when it got there; a time is none if nobody told it."""

    state: ShipmentState
    created_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None

    def has_reached(self, state: ShipmentState) -> bool:
        """Whether it has come so far, or farther."""
        return STATES.index(self.state) >= STATES.index(state)


class HistoryEntry(Message):
    """Something that happened to an order, or to the `shipment` named, or for the `amount` named.

    `at` is when it happened, which may be before something that became known earlier.
    """

    at: datetime
    what: Literal["placed", "withdrawn", "paid", "refunded"] | ShipmentState
    shipment: ShippedParcel | None = None
    amount: Cents | None = None


class GetOrder(Message):
    """An order's id, and the platform that asks."""

    order_id: str
    platform: str


class OrderDocument(Message):
    """An order as UCP has it, whole: what platforms are shown and sent."""

    body: dict[str, Any]


class Refund(Message):
    """Money that was given back."""

    at: datetime
    amount: Cents


class Order(Message):
    """An order as it stands, with its history in the order in which it became known.

    `paid` says whether its payment was captured. Shipments are sorted by id.
    """

    id: str
    label: str
    permalink_url: str
    platform: str
    checkout_id: str
    payment_id: str
    reservation_id: str
    currency: Currency
    items: tuple[OrderedItem, ...]
    totals: PriceTotals
    tax_name: str | None = None
    delivery: OrderDelivery
    buyer_email: str | None = None
    paid: bool = False
    shipments: tuple[OrderShipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    history: tuple[HistoryEntry, ...]

    def units(self, line_id: str, state: ShipmentState) -> int:
        """How many units of a line are in shipments that have come so far, or farther."""
        shipments = (shipment for shipment in self.shipments if shipment.has_reached(state))
        lines = (line for shipment in shipments for line in shipment.lines)
        return sum(line.quantity for line in lines if line.id == line_id)


@dataclass(eq=False)
class OrderNotFound(Rejection):
    """There is no such order, or the platform that asks did not make it."""

    code: ClassVar[str] = "orders.not_found"


class OrdersApi(Protocol):
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
