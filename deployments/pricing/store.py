"""Pricing's state in Redis. Every operation is one round trip.

    {pricing}:version      string  names the state of the rules; every batch gives a new one
    {pricing}:offers       hash    offer id -> Offer as JSON
    {pricing}:codes        hash    folded code -> DiscountCode as JSON, with `opens_at` and
                                   `open_until` in seconds, by which a script judges
    {pricing}:tax_rates    hash    COUNTRY:REGION -> TaxRate as JSON
    {pricing}:revisions    hash    folded code -> how often staff changed it, and `events <code>` ->
                                   how many events there were about it; about 150 bytes a code
    {pricing}:groups       hash    group id -> CustomerGroup as JSON; 100 at most
    {pricing}:price_lists  hash    list id -> PriceList as JSON; 20 at most, 60 bytes an entry
    {pricing}:rule_revisions  hash  `group:<id>` -> how often staff changed it, and `events group:
                                   <id>` -> how many events there were about it; 150 bytes a group
    {pricing}:redemptions  hash    folded code -> number of redemptions that stand
    {pricing}:customers:<code>  hash  digest of a customer's address -> their redemptions that
                                   stand, of a code with a limit for each; 60 bytes a customer
    {pricing}:redeemed:<code>  set  the redeeming steps (`saga:step`) that stand: its proof
    {pricing}:batches      hash    batch -> number of rows it brought
    {pricing}:step:<key>   hash    a redeeming step: its codes, the customer's digest, and whether
                                   it was undone; a week
    {pricing}:barrier      string  foundation's `promises.py`
    {pricing}:events:0 to 15  stream  what is published (foundation's `events.py`)

A replica keeps a copy of the rules. The round trip that fetches the redemption counts compares
versions, and brings the rules along only when the copy is not the current one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.foundation.redis.promises import Promises
from deployments.foundation.values.ids import new_id
from deployments.pricing.contract import DiscountCode, ImportRules, Offer, TaxRate, fold
from deployments.pricing.contract.groups import CustomerGroup
from deployments.pricing.contract.price_lists import PriceList
from deployments.pricing.domain.periods import last_moment, opens
from deployments.pricing.domain.rules import Rules, rules_of

VERSION = "{pricing}:version"
_OFFERS = "{pricing}:offers"
CODES = "{pricing}:codes"
_TAX_RATES = "{pricing}:tax_rates"
GROUPS = "{pricing}:groups"
PRICE_LISTS = "{pricing}:price_lists"
RULE_NAMES = {GROUPS: "group", PRICE_LISTS: "price_list"}
"""What the rows of a key are called, among revisions and events."""
REDEMPTIONS = "{pricing}:redemptions"
_BATCHES = "{pricing}:batches"
SERVICE = "pricing"
_NOTHING_READ = "nothing read yet"
LUA = Path(__file__).parent / "lua"

Counts = dict[str, int]
"""How often codes were redeemed, by folded code."""


class PricingStore:
    """Rules and redemptions, through the service's own Redis user."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._promises = Promises(redis, SERVICE, step=True)
        self._read = script(redis, LUA / "read_rules.lua")
        self._import = script(redis, LUA / "import_rules.lua")
        self._redeem = script(redis, LUA / "redeem.lua", "steps")
        self._undo = script(redis, LUA / "undo_redemption.lua", "steps")
        self._copy = (_NOTHING_READ, Rules())

    async def read(self, codes: Sequence[str]) -> tuple[Rules, Counts]:
        """The current rules, and how often each of these folded codes was redeemed."""
        known, rules = self._copy
        keys = [VERSION, _OFFERS, CODES, _TAX_RATES, REDEMPTIONS, GROUPS, PRICE_LISTS]
        version, counts, *rows = await self._read(keys=keys, args=[known, *codes])
        if rows:
            rules = _parse(*cast(list[list[str]], rows))
            self._copy = (version, rules)
        return rules, dict(zip(codes, counts, strict=True))

    async def import_rules(self, batch: ImportRules) -> int:
        """Take in a batch; the number of its rows, 0 when it was taken in before."""
        keys = [_BATCHES, VERSION, _OFFERS, CODES, _TAX_RATES, GROUPS]
        offers = [(str(offer.id), offer.model_dump_json()) for offer in batch.offers]
        codes = [(fold(code.code), code_row(code)) for code in batch.codes]
        rates = [
            (f"{rate.country}:{rate.region}", rate.model_dump_json()) for rate in batch.tax_rates
        ]
        groups = [(group.id, group.model_dump_json()) for group in batch.groups]
        lists = [json.dumps(rows) for rows in (offers, codes, rates, groups)]
        args = [batch.batch, new_id("rules"), *lists]
        return cast(int, await self._import(keys=keys, args=args))

    async def redeem(
        self, key: str, codes: Sequence[str], customer: str | None, now: datetime
    ) -> tuple[str, ...]:
        """Claim folded codes: `done`, `undone`, or `unavailable` and the code that is."""
        keys = [_step(key), CODES, REDEMPTIONS, *(redeemed_key(code) for code in codes)]
        keys += [customers_key(code) for code in codes]
        args: list[str | float] = [now.timestamp(), key, digest(customer), *codes]
        return tuple(cast(list[str], await self._promises.run(self._redeem, keys, args)))

    async def undo(self, key: str) -> None:
        """Give back what the step under this key claimed, and leave its tombstone."""
        keys = [_step(key), REDEMPTIONS]
        await self._promises.run(self._undo, keys, [key, redeemed_key(""), customers_key("")])


def redeemed_key(code: str) -> str:
    """Where the steps are by which a folded code's redemptions stand."""
    return f"{{pricing}}:redeemed:{code}"


def customers_key(code: str) -> str:
    """Where it is counted how often each customer redeemed a folded code."""
    return f"{{pricing}}:customers:{code}"


def digest(customer: str | None) -> str:
    """A customer as they are counted: nobody's address is kept for it."""
    folded = (customer or "").strip().casefold()
    return hashlib.sha256(folded.encode()).hexdigest()[:24] if folded else ""


def _step(key: str) -> str:
    return f"{{pricing}}:step:{key}"


def code_row(code: DiscountCode) -> str:
    """A code as it is stored, with the window by which a script judges."""
    window = {
        "opens_at": opens(code).timestamp(),
        "open_until": last_moment(code).timestamp(),
    }
    return json.dumps(code.model_dump(mode="json", exclude_none=True) | window)


def _parse(
    offers: list[str],
    codes: list[str],
    tax_rates: list[str],
    groups: list[str],
    price_lists: list[str],
) -> Rules:
    return rules_of(
        (Offer.model_validate_json(row) for row in offers),
        (DiscountCode.model_validate_json(row) for row in codes),
        (TaxRate.model_validate_json(row) for row in tax_rates),
        (CustomerGroup.model_validate_json(row) for row in groups),
        (PriceList.model_validate_json(row) for row in price_lists),
    )
