"""Taking in rules, and reading them on every replica at the price of one round trip."""

from __future__ import annotations

import json
from pathlib import Path

from redis.asyncio import Redis

from deployments.pricing.contract import DiscountCode, ImportRules, PricingApi
from deployments.pricing.service import PricingService
from tests.unit.pricing.conftest import Replica
from tests.unit.pricing.sample_rules import (
    CODES,
    OFFERS,
    TAX_RATES,
    line,
    offer,
    percent_code,
    request,
    us,
)

SHIPPED = Path(__file__).parents[3] / "data/discount_codes.jsonl"
BATCH = ImportRules(batch="first", offers=OFFERS, codes=CODES, tax_rates=TAX_RATES)
HELMET = request(line("helmet", 1, 1000), codes=("TEN",), address=us("WA"))


def shipped_rows() -> list[str]:
    return SHIPPED.read_text().splitlines()


async def test_an_empty_store_prices_without_rules(pricing: PricingService) -> None:
    answer = await pricing.price(HELMET)
    assert answer.totals.total == 1000
    assert [no.reason for no in answer.rejected] == ["discount_code_invalid"]


async def test_rules_come_back_as_they_were_taken_in(pricing: PricingService) -> None:
    imported = await pricing.import_rules(BATCH)
    assert imported.count == len(OFFERS) + len(CODES) + len(TAX_RATES)
    answer = await pricing.price(HELMET)
    assert [discount.amount for discount in answer.discounts] == [200, 80]
    assert (answer.totals.tax, answer.tax_name) == (63, "Washington")


async def test_a_batch_is_taken_in_once(pricing: PricingService) -> None:
    await pricing.import_rules(BATCH)
    changed = ImportRules(batch="first", codes=(percent_code("TEN", "99"),))
    assert (await pricing.import_rules(changed)).count == 0
    assert (await pricing.price(HELMET)).discounts[1].amount == 80


async def test_a_later_batch_is_seen_on_every_replica_at_once(replica: Replica) -> None:
    one, other = replica(), replica()
    await one.import_rules(BATCH)
    assert await one.price(HELMET) == await other.price(HELMET)
    later = ImportRules(
        batch="second", codes=(percent_code("ten", "50"),), offers=(offer("10", "helmet", id_=1),)
    )
    await other.import_rules(later)
    for service in (one, other):
        assert [found.amount for found in (await service.price(HELMET)).discounts] == [100, 450]


async def test_a_price_is_one_round_trip(pricing: PricingService, admin: Redis) -> None:
    await pricing.import_rules(BATCH)
    await pricing.price(HELMET)
    await admin.config_resetstat()
    await pricing.price(HELMET)
    stats = await admin.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 1
    assert "cmdstat_hvals" not in stats, "rules travel only when they have changed"


async def test_the_shipped_codes_are_well_formed(pricing: PricingService) -> None:
    rows = shipped_rows()
    assert all(json.loads(row).keys() <= DiscountCode.model_fields.keys() for row in rows)
    codes = tuple(DiscountCode.model_validate_json(row) for row in rows)
    await pricing.import_rules(ImportRules(batch="shipped", codes=codes))
    sent = tuple(code.code for code in codes if code.kind != "percent")
    asked = request(line("bike", 1, 5000), codes=sent, shipping=395)
    assert (await pricing.price(asked)).totals.total == 4000


def test_the_service_is_the_contract(pricing: PricingService) -> None:
    api: PricingApi = pricing
    assert api is pricing
