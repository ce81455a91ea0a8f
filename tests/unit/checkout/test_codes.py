"""A discount code is the same however it is written, and each one that is sent is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from deployments.pricing.contract import DiscountCode, ImportRules
from tests.unit.checkout.requests import Json, body
from tests.unit.checkout.services import Services
from tests.unit.checkout.shopping import (
    assert_books_are_straight,
    completing,
    ready,
    recover,
    seen,
)

CODES = "$.discounts.codes"


@pytest.fixture(autouse=True)
async def free_shipping(services: Services) -> None:
    """A code that takes the shipping off."""
    code = DiscountCode(
        code="FREESHIP",
        title="Free shipping",
        kind="free_shipping",
        starts=datetime(2026, 1, 1, tzinfo=UTC),
        ends=datetime(2027, 1, 1, tzinfo=UTC),
    )
    await services.pricing.import_rules(ImportRules(batch="second", codes=(code,)))


@pytest.mark.parametrize("written", ["ONCE", "once ", " ONCE", "\tOnce\n"])
async def test_a_code_that_is_used_up_before_it_is_redeemed_strands_nobody(
    services: Services, admin: Redis, written: str
) -> None:
    first, second = [await ready(services.checkout, codes=(written,)) for _ in range(2)]
    await services.checkout.complete(completing(first))
    refused = await services.checkout.complete(completing(second))
    await finish_detached()
    assert refused.status == "incomplete"
    assert [(notice.code, notice.path) for notice in refused.errors] == [
        ("discount_code_expired", f"{CODES}[0]")
    ]
    await recover(services)
    assert (await seen(services.checkout, second)).status == "incomplete"
    assert len(await assert_books_are_straight(services, admin, [first, second])) == 1


async def test_a_code_is_shown_without_the_blanks_around_it(client: httpx.AsyncClient) -> None:
    sent = body(discounts={"codes": [" once ", "BOGUS\n"]})
    session = (await client.post("/", json=sent)).json()
    assert session["discounts"]["codes"] == ["once", "BOGUS"]
    assert [applied["code"] for applied in session["discounts"]["applied"]] == ["ONCE"]


def about_codes(session: Json) -> list[tuple[str, str, str]]:
    found = [
        message for message in session["messages"] if message.get("path", "").startswith(CODES)
    ]
    return [(message["type"], message["code"], message["path"]) for message in found]


async def test_a_code_for_shipping_waits_until_there_is_a_price_for_it(
    client: httpx.AsyncClient,
) -> None:
    codes = {"codes": ["ONCE", "freeship"]}
    bare = body(discounts=codes, fulfillment={})
    session = (await client.post("/", json=bare)).json()
    waits = ("info", "discount_code_waiting", f"{CODES}[1]")
    assert about_codes(session) == [waits]
    addressed = await client.put(f"/{session['id']}", json=body(discounts=codes))
    assert about_codes(addressed.json()) == [waits]
    whole = await client.put(f"/{session['id']}", json=body(option="ground", discounts=codes))
    assert about_codes(whole.json()) == []
    applied = {one["code"] for one in whole.json()["discounts"]["applied"]}
    assert applied == {"ONCE", "FREESHIP"}
