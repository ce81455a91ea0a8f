"""What a price is asked for with, and how it comes about."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deployments.foundation.values.message import Cents, Message


class PriceLine(Message):
    """Units of a SKU at the catalogue's unit price, with the paths of its categories."""

    sku: str
    quantity: int = Field(ge=1)
    unit_price: Cents
    categories: tuple[str, ...] = ()


class TaxAddress(Message):
    """Where the goods go: ISO 3166-1 alpha-2 country and the region's code."""

    country: str
    region: str | None = None


class PriceRequest(Message):
    """Everything a total depends on. Without an address there is no tax yet.

    `platform` is the one through which it is asked for: its customer groups have codes and prices
    of their own.
    """

    lines: tuple[PriceLine, ...]
    codes: tuple[str, ...] = ()
    address: TaxAddress | None = None
    shipping: Cents | None = None
    platform: str | None = None


class LinePrice(Message):
    """The money of one line, in the order of the request; `total` is after discount, with tax."""

    subtotal: Cents
    discount: Cents
    tax: Cents
    total: Cents


class DiscountAllocation(Message):
    """What of a discount fell on a line (its index in the request), or on shipping (none)."""

    line: int | None
    amount: Cents


class AppliedDiscount(Message):
    """A discount and where it went; the allocations add up to `amount`."""

    title: str
    amount: Cents
    code: str | None = None
    method: Literal["each", "across"]
    priority: int = Field(ge=1)
    allocations: tuple[DiscountAllocation, ...]


class RejectedCode(Message):
    """A code that does nothing here; `reason` is UCP's or our own `discount_code_…` code."""

    index: int
    code: str
    reason: str
    sentence: str


class WaitingCode(Message):
    """A code that takes nothing off yet, because the request lacks what it applies to."""

    index: int
    code: str
    sentence: str


class PriceTotals(Message):
    """How the total comes about: subtotal - items_discount - discount + fulfillment + tax.

    `discount` is what fell on shipping; `fulfillment` is shipping before it.
    """

    subtotal: Cents
    items_discount: Cents
    discount: Cents
    fulfillment: Cents
    tax: Cents
    total: Cents


class Priced(Message):
    """The answer to a `PriceRequest`: every code in it is applied, rejected or waiting.

    `tax_name` is none where no rate applies.
    `taxed_by_region` says that the address's region decides the tax, whether it names one or not.
    """

    lines: tuple[LinePrice, ...]
    discounts: tuple[AppliedDiscount, ...]
    rejected: tuple[RejectedCode, ...]
    waiting: tuple[WaitingCode, ...] = ()
    totals: PriceTotals
    tax_name: str | None = None
    taxed_by_region: bool = False
