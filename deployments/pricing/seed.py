"""The offers, codes and tax rates that the store ships with."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployments.foundation.values.shipped import BATCH, SHIPPED, rows
from deployments.pricing.contract import DiscountCode, ImportRules, Offer, PricingApi, TaxRate
from deployments.pricing.contract.groups import CustomerGroup

RESELLERS = CustomerGroup(id="resellers", title="Resellers")
"""Whom some of the offers are for; which platforms are resellers, the shop says."""
_RETAIL = frozenset({"retail", "all"})
_log = logging.getLogger(__name__)


def offers(directory: Path = SHIPPED) -> tuple[Offer, ...]:
    """Automatic offers with the SKUs they cover; nothing off, or off nothing, is no offer."""
    skus: dict[int, set[str]] = defaultdict(set)
    for row in rows("special_offer_products.jsonl", directory):
        skus[row["special_offer_id"]].add(row["sku"])
    found = rows("special_offers.jsonl", directory)
    real = [row for row in found if Decimal(row["discount_pct"]) and row["id"] in skus]
    return tuple(_offer(row, skus[row["id"]]) for row in real)


def discount_codes(directory: Path = SHIPPED) -> tuple[DiscountCode, ...]:
    """Codes that buyers may enter."""
    return tuple(DiscountCode(**row) for row in rows("discount_codes.jsonl", directory))


def tax_rates(directory: Path = SHIPPED) -> tuple[TaxRate, ...]:
    """Rates for retail; those for wholesale only are left out."""
    found = rows("tax_rates.jsonl", directory)
    return tuple(_tax_rate(row) for row in found if row["applies_to"] in _RETAIL)


def _offer(row: dict[str, Any], skus: set[str]) -> Offer:
    return Offer(
        id=row["id"],
        title=row["description"],
        percent=f"{(Decimal(row['discount_pct']) * 100).normalize():f}",
        starts=_day(row["start_date"]),
        ends=_day(row["end_date"]),
        min_quantity=row["min_qty"],
        max_quantity=row["max_qty"],
        skus=frozenset(skus),
        groups=frozenset({RESELLERS.id} if row["category"] == "Reseller" else ()),
    )


def _tax_rate(row: dict[str, Any]) -> TaxRate:
    return TaxRate(
        country=row["country_code"],
        region=row["state_code"],
        region_name=row["state"],
        percent=row["rate_percent"],
        name=row["name"],
    )


def _day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


async def seed(pricing: PricingApi) -> None:
    """Take in what is shipped; nothing if this store has it."""
    rules = ImportRules(
        batch=BATCH,
        offers=offers(),
        codes=discount_codes(),
        tax_rates=tax_rates(),
        groups=(RESELLERS,),
    )
    imported = await pricing.import_rules(rules)
    if imported.count:
        _log.info("loaded %d offers, discount codes, groups and tax rates", imported.count)
