"""Which tax rate an address has.

Where a country has rates of several regions, the address's region decides, and a region without
a rate is not taxed. Where a country has one single rate it is a national tax (the GST of
Australia, the VAT of Germany, France and the United Kingdom) whose row merely names one region,
so it applies to the whole country. Shipping is not taxed.
"""

from __future__ import annotations

import unicodedata

from deployments.pricing.contract import TaxAddress, TaxRate
from deployments.pricing.domain.rules import Rules

# How addresses write regions of which the rates have the older code.
_OLDER_CODES = {
    "CA": {
        "NL": "NF",
        "NEWFOUNDLAND AND LABRADOR": "NF",
        "NEW BRUNSWICK": "NB",
        "YUKON": "YT",
    }
}


def rate_for(address: TaxAddress | None, rules: Rules) -> TaxRate | None:
    """The rate of an address; none without an address and where no rate applies."""
    if address is None:
        return None
    country = address.country.strip().upper()
    rates = rules.tax_rates.get(country, ())
    if len(rates) == 1:
        return rates[0]
    region = _region(country, address.region or "")
    return next((rate for rate in rates if region in _spellings(rate)), None)


def _region(country: str, region: str) -> str:
    """`CA`, `us-ca` and `Québec` in the one way in which they are compared."""
    plain = _plain(region).removeprefix(f"{country}-")
    return _OLDER_CODES.get(country, {}).get(plain, plain)


def _spellings(rate: TaxRate) -> set[str]:
    return {_plain(name) for name in (rate.region, rate.region_name) if name}


def _plain(text: str) -> str:
    """Upper case, without accents and surplus spaces."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.upper().split())
