"""A platform has so many open carts, and no more."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis

from deployments.carts.contract import CancelCart, CreateCart, ReplaceCart
from deployments.carts.domain import LIFETIME
from deployments.foundation.http.rate_limits import LimitReached
from tests.unit.carts.services import OTHER, PLATFORM, SHIRT, Services, body, contents, key

ONE = contents((SHIRT.sku, 1))


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, services: Services) -> Services:
    """Services of which carts lets a platform have two."""
    monkeypatch.setenv("FIELDHOUSE_CARTS_PER_PLATFORM", "2")
    services.compose_carts()
    return services


async def test_one_cart_too_many_is_refused_and_stores_nothing(two: Services, admin: Redis) -> None:
    for number in range(2):
        wanted = CreateCart(platform=PLATFORM, contents=ONE, request=key(f"k{number}"))
        await two.carts.create(wanted)
    before = await admin.keys("{carts}:*")
    with pytest.raises(LimitReached) as rejected:
        await two.carts.create(CreateCart(platform=PLATFORM, contents=ONE, request=key("k2")))
    assert rejected.value.limit == 2
    assert sorted(await admin.keys("{carts}:*")) == sorted(before)
    await two.carts.create(wanted)  # Its first answer.
    await two.carts.create(CreateCart(platform=OTHER, contents=ONE))


@pytest.mark.parametrize("how", ["cancelled", "bought", "expired"])
async def test_a_cart_that_is_not_open_any_more_makes_room(two: Services, how: str) -> None:
    wanted = CreateCart(platform=PLATFORM, contents=ONE)
    first, _ = [await two.carts.create(wanted) for _ in range(2)]
    if how == "cancelled":
        await two.carts.cancel(CancelCart(cart_id=first.id, platform=PLATFORM))
    elif how == "bought":
        await two.carts.mark_bought(first.id, PLATFORM, "order_1", "event_1")
    else:
        two.clock.now += LIFETIME
    await two.carts.create(wanted)


async def test_a_cart_that_is_changed_is_open_for_longer(two: Services) -> None:
    wanted = CreateCart(platform=PLATFORM, contents=ONE)
    first, _ = [await two.carts.create(wanted) for _ in range(2)]
    two.clock.now += LIFETIME - timedelta(seconds=1)
    for _ in range(2):
        await two.carts.replace(ReplaceCart(cart_id=first.id, platform=PLATFORM, contents=ONE))
    two.clock.now += timedelta(seconds=2)
    await two.carts.create(wanted)
    with pytest.raises(LimitReached):
        await two.carts.create(wanted)


async def test_over_http_it_is_429_with_what_to_do(two: Services) -> None:
    async with two.client() as http:
        answers: list[httpx.Response] = [
            await http.post("/carts", json=body((SHIRT.sku, 1))) for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].json()["code"] == "limit_reached"
    assert "Cancel some" in answers[2].json()["content"]
