"""What pricing shows the other services: one call that turns lines into discounts, tax and
totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Cents, Message, StepKey


def fold(code: str) -> str:
    """The spelling under which a code is kept and compared: buyers write it in any case."""
    return code.strip().casefold()


class PriceLine(Message):
    """Units of a SKU at the catalogue's unit price."""

    sku: str
    quantity: int = Field(ge=1)
    unit_price: Cents


class TaxAddress(Message):
    """Where the goods go: ISO 3166-1 alpha-2 country and the region's code."""

    country: str
    region: str | None = None


class PriceRequest(Message):
    """Everything a total depends on. Without an address there is no tax yet."""

    lines: tuple[PriceLine, ...]
    codes: tuple[str, ...] = ()
    address: TaxAddress | None = None
    shipping: Cents | None = None


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


class RedeemCodes(Message):
    """Claim one redemption of each code, all or none."""

    key: StepKey
    codes: tuple[str, ...]


class UndoRedemption(Message):
    """Give redemptions back. `undoes` is the key of the redeeming step, which is tombstoned."""

    undoes: StepKey


class Redeemed(Message):
    """The step has taken effect, now or before."""


class Offer(Message):
    """An automatic percentage off every covered line whose quantity is within bounds.

    `percent` is a decimal string ("15"). The last day counts; `max_quantity` none is no bound.
    """

    id: int
    title: str
    percent: str
    starts: datetime
    ends: datetime
    min_quantity: int
    max_quantity: int | None
    skus: frozenset[str]


class DiscountCode(Message):
    """A code that takes a percentage off the lines, an amount off them, or the shipping.

    `max_redemptions` none is no limit.
    """

    code: str
    title: str
    kind: Literal["percent", "amount", "free_shipping"]
    percent: str = "0"
    amount: Cents = 0
    starts: datetime
    ends: datetime
    minimum_subtotal: Cents = 0
    max_redemptions: int | None = None


class TaxRate(Message):
    """A retail tax rate of a region, in per cent as a decimal string ("8.75").

    `region_name` ("California") is the other way in which addresses write the region.
    """

    country: str
    region: str
    percent: str
    name: str
    region_name: str | None = None


class ImportRules(Message):
    """Offers, codes and rates to take in under a batch name, once."""

    batch: str
    offers: tuple[Offer, ...] = ()
    codes: tuple[DiscountCode, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()


class RulesImported(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


@dataclass(eq=False)
class CodeUnavailable(Rejection):
    """A code can no longer be redeemed. Nothing was claimed."""

    unavailable: str
    code: ClassVar[str] = "pricing.code_unavailable"
    public_code: ClassVar[str] = "discount_code_expired"


class PricingApi(Protocol):
    """Pricing's contract."""

    @repeatable
    async def price(self, request: PriceRequest) -> Priced:
        """Discounts with allocations, tax and totals. Rounds half up, per line, once."""
        ...

    @repeatable
    async def redeem(self, request: RedeemCodes) -> Redeemed:
        """Claim codes for a checkout. Rejects with `CodeUnavailable` or `StepUndone`."""
        ...

    @repeatable
    async def undo_redemption(self, request: UndoRedemption) -> Redeemed:
        """Give the claims back, and refuse the claiming step if it arrives later."""
        ...

    async def import_rules(self, request: ImportRules) -> RulesImported:
        """Take in a batch of rules."""
        ...
