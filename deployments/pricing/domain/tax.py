"""Which tax rate an address has.

Where a country has rates of several regions, the address's region decides, and a region without
a rate is not taxed. Where a country has one single rate it is a national tax (the GST of
Australia, the VAT of Germany, France and the United Kingdom) whose row merely names one region,
so it applies to the whole country. Shipping is not taxed.
"""

from __future__ import annotations

from collections.abc import Sequence

from deployments.foundation.values.places import country_code, region_code
from deployments.pricing.contract import TaxAddress, TaxRate
from deployments.pricing.domain.rules import Rules


def rate_for(address: TaxAddress | None, rules: Rules) -> TaxRate | None:
    """The rate of an address; none without an address and where no rate applies."""
    if address is None:
        return None
    rates, region = _rates(address, rules), None
    if len(rates) == 1:
        return rates[0]
    if (country := country_code(address.country)) is not None:
        region = region_code(country, address.region or "")
    return next((rate for rate in rates if region is not None and region in _codes(rate)), None)


def is_taxed_by_region(address: TaxAddress | None, rules: Rules) -> bool:
    """Whether the address's region decides its tax."""
    return address is not None and len(_rates(address, rules)) > 1


def _rates(address: TaxAddress, rules: Rules) -> Sequence[TaxRate]:
    return rules.tax_rates.get(country_code(address.country) or "", ())


def _codes(rate: TaxRate) -> set[str | None]:
    """The region as its code and its name have it, which in older lists may differ."""
    return {region_code(rate.country, name) for name in (rate.region, rate.region_name) if name}
