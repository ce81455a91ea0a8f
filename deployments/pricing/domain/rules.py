"""The rules as a replica holds them, indexed by what a price request asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deployments.pricing.contract import DiscountCode, Offer, TaxRate, fold
from deployments.pricing.contract.groups import CustomerGroup
from deployments.pricing.contract.price_lists import PriceList
from deployments.pricing.domain.price_lists import ListedPrices, listed_prices


@dataclass(frozen=True)
class Rules:
    """Offers by SKU, codes by their folded spelling, tax rates by country, groups by platform,
    and what price lists say."""

    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    codes: Mapping[str, DiscountCode] = field(default_factory=dict)
    tax_rates: Mapping[str, tuple[TaxRate, ...]] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    listed: ListedPrices = field(default_factory=ListedPrices)

    def groups_of(self, platform: str | None) -> frozenset[str]:
        """The groups of whoever buys through this platform."""
        return self.groups.get(platform or "", frozenset())


def rules_of(
    offers: Iterable[Offer] = (),
    codes: Iterable[DiscountCode] = (),
    tax_rates: Iterable[TaxRate] = (),
    groups: Iterable[CustomerGroup] = (),
    price_lists: Iterable[PriceList] = (),
) -> Rules:
    """The rules that these rows make; the order in which the rows come makes no difference."""
    by_sku: dict[str, list[Offer]] = defaultdict(list)
    for offer in sorted(offers, key=lambda offer: offer.id):
        for sku in offer.skus:
            by_sku[sku].append(offer)
    by_country: dict[str, list[TaxRate]] = defaultdict(list)
    for rate in sorted(tax_rates, key=lambda rate: rate.region):
        by_country[rate.country].append(rate)
    by_platform: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for platform in group.platforms:
            by_platform[platform].add(group.id)
    return Rules(
        offers={sku: tuple(found) for sku, found in by_sku.items()},
        codes={fold(code.code): code for code in codes},
        tax_rates={country: tuple(found) for country, found in by_country.items()},
        groups={platform: frozenset(found) for platform, found in by_platform.items()},
        listed=listed_prices(price_lists),
    )
