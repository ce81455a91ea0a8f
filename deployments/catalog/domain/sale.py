"""When variants are on sale, and what can be bought at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from deployments.catalog.contract import Product, Variant
from deployments.foundation.values.dates import format_days
from deployments.inventory.contract.ahead import SaleAhead

SaleState = Literal["on_sale", "not_yet_on_sale", "discontinued"]
AvailabilityStatus = Literal[
    "in_stock", "backorder", "preorder", "out_of_stock", "not_yet_on_sale", "discontinued"
]
"""UCP's `availability.status` (`types/variant.json`), whose list of values is open."""
AvailableUnits = Mapping[str, int]
"""Units that can be sold, by SKU."""


def sale_state(variant: Variant, now: datetime) -> SaleState:
    """Whether a variant is on sale: from the first moment of its window to before its end."""
    if variant.on_sale_until is not None and now >= variant.on_sale_until:
        return "discontinued"
    if variant.on_sale_from is not None and now < variant.on_sale_from:
        return "not_yet_on_sale"
    return "on_sale"


def on_sale_only(product: Product, now: datetime) -> Product | None:
    """The product with its variants that are on sale; none if there are none."""
    variants = tuple(each for each in product.variants if sale_state(each, now) == "on_sale")
    if len(variants) == len(product.variants):
        return product
    return product.model_copy(update={"variants": variants}) if variants else None


def why_off_sale(variant: Variant, now: datetime) -> str | None:
    """A sentence on why a variant cannot be bought; none if its sale is on."""
    state, begins = sale_state(variant, now), variant.on_sale_from
    if state == "not_yet_on_sale" and begins is not None:
        return f"{variant.title} goes on sale on {format_days(begins.date(), begins.date())}."
    return f"{variant.title} is discontinued." if state == "discontinued" else None


@dataclass(frozen=True)
class CurrentAvailability:
    """What can be bought at a moment; `units` is none when inventory does not answer.

    `ahead` has the SKUs that are sold before they are here.
    """

    units: AvailableUnits | None
    now: datetime
    ahead: Mapping[str, SaleAhead] = field(default_factory=dict)

    def status(self, variant: Variant) -> AvailabilityStatus | None:
        """Whether, or why not, the variant can be bought; none when nobody knows."""
        state = sale_state(variant, self.now)
        if state != "on_sale":
            return state
        if self.units is None:
            return None
        if self.units.get(variant.sku, 0) > 0:
            return "in_stock"
        return self.ahead[variant.sku].kind if variant.sku in self.ahead else "out_of_stock"

    def expected(self, variant: Variant) -> date | None:
        """The day by which a variant is expected that is sold before it is here."""
        later = self.status(variant) in {"backorder", "preorder"}
        return self.ahead[variant.sku].expected if later else None

    def available(self, variant: Variant) -> bool | None:
        """Whether the variant can be bought; none when nobody knows."""
        status = self.status(variant)
        return None if status is None else status in {"in_stock", "backorder", "preorder"}

    def sellable_first(self, variants: Iterable[Variant]) -> tuple[Variant, ...]:
        """The variants, those that can be bought or may be before the rest, else in order."""
        return tuple(sorted(variants, key=lambda variant: self.available(variant) is False))
