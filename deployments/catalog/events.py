"""What the catalogue publishes, each in the script that made it true."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.message import Cents, Currency


class ProductChanged(Event):
    """A product is new to shoppers, or is another now. The subject is its id."""

    type: ClassVar[str] = "org.fieldhouse.catalog.product_changed.v1"
    subject: ClassVar[str] = "product_id"
    product_id: str
    title: str
    skus: tuple[str, ...]
    change: Change | None = None


class ProductHidden(Event):
    """Shoppers do not see a product, or not any more: a draft was written, or it was archived."""

    type: ClassVar[str] = "org.fieldhouse.catalog.product_hidden.v1"
    subject: ClassVar[str] = "product_id"
    product_id: str
    state: Literal["draft", "archived"]
    change: Change


class PicturesChanged(Event):
    """A product has other pictures, or in another order. The subject is the product's id."""

    type: ClassVar[str] = "org.fieldhouse.catalog.pictures_changed.v1"
    subject: ClassVar[str] = "product_id"
    product_id: str
    pictures: tuple[str, ...]
    change: Change


class PriceChanged(Event):
    """A variant has a new price. The subject is its SKU."""

    type: ClassVar[str] = "org.fieldhouse.catalog.price_changed.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    price: Cents
    currency: Currency
    change: Change | None = None


class PricePlanned(Event):
    """A variant will have another price, or, if `price` is none, keeps the one it has."""

    type: ClassVar[str] = "org.fieldhouse.catalog.price_planned.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    price: Cents | None
    starts: AwareDatetime
    change: Change
