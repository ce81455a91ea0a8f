"""When codes hold: a quote and a redemption agree, to the first and the last moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import cast

import pytest

from deployments.foundation.placement.host import nowhere
from deployments.pricing.contract import CodeUnavailable, ImportRules, RedeemCodes
from deployments.pricing.deployment import compose
from deployments.pricing.domain.periods import last_moment, opens
from deployments.pricing.domain.prices import price
from deployments.pricing.domain.rules import rules_of
from deployments.pricing.service import PricingService
from tests.conftest import ClientOf
from tests.unit.pricing.sample_rules import NOW, line, percent_code, request

FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)
LAST = datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
SOON = timedelta(microseconds=1000)
JUNE = percent_code("JUNE", "10", starts=FIRST, ends=datetime(2026, 6, 30, tzinfo=UTC))
ASKED = request(line("bike", 1, 5000), codes=("JUNE",))


@pytest.mark.parametrize(
    ("now", "holds"),
    [(FIRST - SOON, False), (FIRST, True), (LAST, True), (LAST + SOON, False)],
)
async def test_a_code_holds_from_its_first_moment_to_the_end_of_its_last_day(
    redis_of: ClientOf,
    now: datetime,
    holds: bool,  # noqa: FBT001 - pytest passes it by name.
) -> None:
    composed = compose(redis_of("pricing"), nowhere, clock=lambda: now)
    pricing = cast(PricingService, composed.service)
    await pricing.import_rules(ImportRules(batch="june", codes=(JUNE,)))
    quoted = not (await pricing.price(ASKED)).rejected
    try:
        await pricing.redeem(RedeemCodes(key="saga:redeem", codes=("JUNE",)))
        redeemed = True
    except CodeUnavailable:
        redeemed = False
    assert (quoted, redeemed) == (holds, holds)


@pytest.mark.parametrize(
    "starts",
    [
        datetime(2026, 6, 1, 9),  # noqa: DTZ001 - a time without a zone is what this is about.
        datetime(2026, 6, 1, 9, tzinfo=UTC),
        datetime(2026, 6, 1, 14, tzinfo=timezone(timedelta(hours=5))),
    ],
)
def test_a_time_without_a_zone_is_utc_and_one_with_a_zone_is_kept(starts: datetime) -> None:
    code = percent_code("JUNE", "10", starts=starts, ends=starts)
    assert opens(code) == FIRST
    assert last_moment(code) == datetime.combine(FIRST.date(), LAST.timetz())


def test_a_code_whose_redemptions_nobody_counted_was_not_redeemed() -> None:
    once = percent_code("ONCE", "10", max_redemptions=1)
    asked = request(line("bike", 1, 5000), codes=("ONCE",))
    assert price(asked, rules_of(codes=(once,)), {}, NOW).rejected == ()


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 40 + "\u2026")])
def test_a_code_is_quoted_up_to_forty_characters(length: int, shown: str) -> None:
    asked = request(line("bike", 1, 5000), codes=("x" * length,))
    (no,) = price(asked, rules_of(), {}, NOW).rejected
    assert f"'{shown}'" in no.sentence
