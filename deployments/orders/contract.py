"""What orders shows the other services: placing an order, and showing it to whom it belongs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import Field

from deployments.foundation.http.ucp import Json, envelope
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.message import Cents, Currency, Message, StepKey
from deployments.orders.fulfillment import (
    LineUnits,
    OrderShipment,
    ShipmentState,
    ShippedParcel,
)
from deployments.pricing.contract import LinePrice, PriceTotals


class OrderedItem(Message):
    """A line as it was bought. `id` is the line item's id in the checkout session."""

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int = Field(ge=1)
    price: LinePrice

    def to_ucp(self, fulfilled: int) -> Json:
        """The line as UCP's order shows it when so many of its units have been shipped."""
        partly = "partial" if fulfilled else "processing"
        return {
            "id": self.id,
            "item": {"id": self.sku, "title": self.title, "price": self.unit_price},
            "quantity": {
                "original": self.quantity,
                "total": self.quantity,
                "fulfilled": fulfilled,
            },
            "totals": self.price.to_ucp(),
            "status": "fulfilled" if fulfilled >= self.quantity else partly,
        }


class OrderDelivery(Message):
    """What the buyer was promised: the option's title, the address, and the days in between."""

    title: str
    carrier: str
    earliest: datetime
    latest: datetime
    address: PostalAddress

    def promise(self) -> str:
        """In words: `Ground by UPS, arrives` and the days."""
        days = format_days(self.earliest.date(), self.latest.date())
        return f"{self.title} by {self.carrier}, arrives {days}"


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


class HistoryEntry(Message):
    """Something that happened to an order, or to the `shipment` named, or for the `amount` named.

    `at` is when it happened, which may be before something that became known earlier.
    """

    at: datetime
    what: Literal["placed", "withdrawn", "paid", "refunded"] | ShipmentState
    shipment: ShippedParcel | None = None
    amount: Cents | None = None

    def to_ucp(self) -> Json | None:
        """The fulfillment event, if it is about a shipment."""
        return None if self.shipment is None else self.shipment.to_ucp(self.what, self.at)


class GetOrder(Message):
    """An order's id, and the platform that asks."""

    order_id: str
    platform: str


class Refund(Message):
    """Money that was given back."""

    at: datetime
    amount: Cents

    def to_ucp(self, number: int) -> Json:
        """The adjustment, as the order's refund of this number, counted from 1."""
        return {
            "id": f"refund_{number}",
            "type": "refund",
            "occurred_at": self.at.isoformat(),
            "status": "completed",
            "totals": [{"type": "total", "amount": -self.amount, "display_text": "Refund"}],
        }


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

    def to_ucp(self) -> Json:
        """UCP's order, whole, as platforms are shown and sent it. A unit is fulfilled once shipped.

        The lines and totals are what was bought; what was given back is in the adjustments.
        """
        return {
            "ucp": envelope("dev.ucp.shopping.order"),
            "id": self.id,
            "label": self.label,
            "checkout_id": self.checkout_id,
            "permalink_url": self.permalink_url,
            "line_items": [item.to_ucp(self.units(item.id, "shipped")) for item in self.items],
            "fulfillment": {"expectations": self._expectations(), "events": self._events()},
            "adjustments": [refund.to_ucp(n) for n, refund in enumerate(self.refunds, 1)],
            "currency": self.currency,
            "totals": self.totals.to_ucp(tax_name=self.tax_name),
        }

    def _expectations(self) -> list[Json]:
        """The promise for each shipment, and for what is in none yet."""
        waiting = [
            LineUnits(id=item.id, quantity=left)
            for item in self.items
            if (left := item.quantity - self.units(item.id, "processing")) > 0
        ]
        split = [self._expectation(shipment.id, shipment.lines) for shipment in self.shipments]
        return [*split, self._expectation("shipping", waiting)] if waiting else split

    def _expectation(self, id_: str, lines: Iterable[LineUnits]) -> Json:
        return {
            "id": id_,
            "line_items": [line.model_dump() for line in lines],
            "method_type": "shipping",
            "destination": self.delivery.address.model_dump(exclude_none=True),
            "description": self.delivery.promise(),
        }

    def _events(self) -> list[Json]:
        return [event for entry in self.history if (event := entry.to_ucp()) is not None]


@dataclass(eq=False)
class OrderNotFound(Rejection):
    """There is no such order, or the platform that asks did not make it."""

    code: ClassVar[str] = "not_found"


class OrdersApi(Protocol):
    """Orders' contract."""

    @repeatable
    async def place(self, request: PlaceOrder) -> PlacedOrder:
        """Write the order down, once. Rejects with `StepUndone`."""
        ...

    @repeatable
    async def withdraw(self, request: UndoPlacement) -> Withdrawn:
        """Undo `place`, and refuse it if it arrives later."""
        ...

    @repeatable
    async def get(self, request: GetOrder) -> Order:
        """The order, for the platform that made it. Rejects with `OrderNotFound`."""
        ...
