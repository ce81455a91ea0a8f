"""What pricing shows the other services: one call that turns lines into discounts, tax and totals.

`prices` has what goes in and out, `codes` what staff define, `staff` the methods for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message, StepKey
from deployments.pricing.contract.codes import DiscountCode, fold
from deployments.pricing.contract.groups import CustomerGroup
from deployments.pricing.contract.price_lists import Offer
from deployments.pricing.contract.prices import (
    AppliedDiscount,
    DiscountAllocation,
    LinePrice,
    Priced,
    PriceLine,
    PriceRequest,
    PriceTotals,
    RejectedCode,
    TaxAddress,
    WaitingCode,
)
from deployments.pricing.contract.staff import PricingForStaff

__all__ = [
    "AppliedDiscount",
    "CodeUnavailable",
    "DiscountAllocation",
    "DiscountCode",
    "ImportRules",
    "LinePrice",
    "Offer",
    "PriceLine",
    "PriceRequest",
    "PriceTotals",
    "Priced",
    "PricingApi",
    "RedeemCodes",
    "Redeemed",
    "RejectedCode",
    "RulesImported",
    "TaxAddress",
    "TaxRate",
    "UndoRedemption",
    "WaitingCode",
    "fold",
]


class RedeemCodes(Message):
    """Claim one redemption of each code, all or none, for a customer, known by an address."""

    key: StepKey
    codes: tuple[str, ...]
    customer: str | None = Field(default=None, max_length=254)


class UndoRedemption(Message):
    """Give redemptions back. `undoes` is the key of the redeeming step, which is tombstoned."""

    undoes: StepKey


class Redeemed(Message):
    """The step has taken effect, now or before."""


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
    """Offers, codes, rates and groups to take in under a batch name, once."""

    batch: str
    offers: tuple[Offer, ...] = ()
    codes: tuple[DiscountCode, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    groups: tuple[CustomerGroup, ...] = ()


class RulesImported(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


@dataclass(eq=False)
class CodeUnavailable(Rejection):
    """A code can no longer be redeemed. Nothing was claimed."""

    unavailable: str
    code: ClassVar[str] = "pricing.code_unavailable"
    public_code: ClassVar[str] = "discount_code_expired"


class PricingApi(PricingForStaff, Protocol):
    """Pricing's contract, with what staff do."""

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
