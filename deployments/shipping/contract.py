"""What shipping shows the other services: how lines can be delivered, and how shipments move
along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Cents, Message


class ParcelLine(Message):
    """Units of a SKU and what one weighs in grams; none where that is unknown."""

    sku: str
    quantity: int = Field(ge=1)
    weight_grams: int | None = None


class Destination(Message):
    """Where to: the country as UCP's postal address has it (alpha-2 preferred), and the rest."""

    country: str
    region: str | None = None
    postal_code: str | None = None


class RateShipment(Message):
    """Lines that travel together, and where to."""

    lines: tuple[ParcelLine, ...] = Field(min_length=1)
    destination: Destination


class ShippingOption(Message):
    """One way to deliver, its price, and the days between which it arrives."""

    id: str
    title: str
    carrier: str
    description: str
    amount: Cents
    earliest: datetime
    latest: datetime


class ShippingOptions(Message):
    """At least two options, cheapest first, and the country as an alpha-2 code."""

    country: str
    options: tuple[ShippingOption, ...]


class ShippingMethod(Message):
    """A carrier's service: charges in cents, transit in working days, zones it serves."""

    id: str
    title: str
    carrier: str
    base_charge: Cents
    charge_per_pound: Cents
    min_days: int
    max_days: int
    zones: frozenset[str]


class ImportMethods(Message):
    """Shipping methods to take in under a batch name, once."""

    batch: str
    methods: tuple[ShippingMethod, ...]


class MethodsImported(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


class AdvanceShipments(Message):
    """Ask the carriers about shipments that are due, `limit` of them at most."""

    limit: int = Field(default=50, ge=1, le=1000)


class Advanced(Message):
    """How many shipments were looked at; as many as the limit when more may be due.

    `moved` counts those that were dispatched or delivered, `failed` those whose carrier gave no
    answer: they are looked at again later.
    """

    count: int
    moved: int = 0
    failed: int = 0


@dataclass(eq=False)
class Undeliverable(Rejection):
    """Nothing can be delivered to this address."""

    code: ClassVar[str] = "shipping.address_undeliverable"


class ShippingApi(Protocol):
    """Shipping's contract."""

    @repeatable
    async def options(self, request: RateShipment) -> ShippingOptions:
        """Ways to deliver. Rejects with `Undeliverable`."""
        ...

    async def import_methods(self, request: ImportMethods) -> MethodsImported:
        """Take in a batch of methods."""
        ...

    async def advance(self, request: AdvanceShipments) -> Advanced:
        """Ask the carriers about what is due, and publish what has moved: once, whoever asks."""
        ...
