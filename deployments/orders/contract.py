"""What orders shows the other rooms: placing an order, and showing it to whom it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import Field

from deployments.foundation.contracts import repeatable
from deployments.foundation.message import Cents, Currency, Message, StepKey
from deployments.foundation.refusal import Refusal
from deployments.pricing.contract import LinePrice, PriceTotals


class OrderedItem(Message):
    """A line as it was bought. `id` is the line item's id in the checkout session."""

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int = Field(ge=1)
    price: LinePrice


class OrderAddress(Message):
    """A postal address with UCP's field names."""

    street_address: str | None = None
    extended_address: str | None = None
    address_locality: str | None = None
    address_region: str | None = None
    address_country: str | None = None
    postal_code: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None


class OrderDelivery(Message):
    """What the buyer was promised: the option's title, the address, and the days in between."""

    title: str
    carrier: str
    earliest: datetime
    latest: datetime
    address: OrderAddress


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
    """Something that happened to an order."""

    at: datetime
    what: Literal["placed", "withdrawn"]


class GetOrder(Message):
    """An order's id, and the platform that asks."""

    order_id: str
    platform: str


class Order(Message):
    """An order as it stands, with its history, oldest first."""

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
    history: tuple[HistoryEntry, ...]


@dataclass(eq=False)
class OrderNotFound(Refusal):
    """There is no such order, or the platform that asks did not make it."""

    code: ClassVar[str] = "not_found"


class OrdersApi(Protocol):
    """Orders' contract."""

    @repeatable
    async def place(self, request: PlaceOrder) -> PlacedOrder:
        """Write the order down, once. Refuses with `StepUndone`."""
        ...

    @repeatable
    async def withdraw(self, request: UndoPlacement) -> Withdrawn:
        """Undo `place`, and refuse it if it arrives later."""
        ...

    @repeatable
    async def get(self, request: GetOrder) -> Order:
        """The order, for the platform that made it. Refuses with `OrderNotFound`."""
        ...
