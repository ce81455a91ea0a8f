"""An order: what was bought, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import Field

from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Cents, Currency, Message, is_none
from deployments.inventory.contract.ahead import AwaitedUnits
from deployments.pricing.contract import LinePrice, PriceTotals

ShipmentState = Literal["processing", "shipped", "delivered"]
"""How far a shipment has come, as UCP's fulfillment events name it."""
STATES: tuple[ShipmentState, ...] = get_args(ShipmentState)
"""In their order."""


class OrderedItem(Message):
    """A line as it was bought. `id` is the line item's id in the checkout session.

    `awaited` are those of its units that were not here then, with the day that the buyer was told.
    `image_path` is where the picture was that the buyer saw, under the store's address.
    """

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int = Field(ge=1)
    price: LinePrice
    awaited: AwaitedUnits | None = None
    image_path: str | None = Field(None, exclude_if=is_none)


class OrderDelivery(Message):
    """What the buyer was promised: the option's title, the address, and the days in between."""

    title: str
    carrier: str
    earliest: datetime
    latest: datetime
    address: PostalAddress


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
