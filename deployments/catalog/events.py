"""What the catalogue publishes, each in the script that made it true."""

from __future__ import annotations

from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import Cents, Currency


class ProductChanged(Event):
    """A product is new or was replaced. The subject is its id."""

    type: ClassVar[str] = "org.fieldhouse.catalog.product_changed.v1"
    subject: ClassVar[str] = "product_id"
    product_id: str
    title: str
    skus: tuple[str, ...]


class PriceChanged(Event):
    """A variant has a new price. The subject is its SKU."""

    type: ClassVar[str] = "org.fieldhouse.catalog.price_changed.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    price: Cents
    currency: Currency
