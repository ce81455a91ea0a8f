"""A request under its idempotency key takes effect once, whoever repeats it and how often."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from deployments.carts.contract import (
    CancelCart,
    Cart,
    CartNotFound,
    CreateCart,
    GetCart,
    ReplaceCart,
)
from deployments.carts.contract.contents import NothingToBuy
from deployments.foundation.http.idempotency import KeyReused, RequestKey, StaleVersion
from deployments.foundation.rpc.calls import DependencyUnavailable
from tests.unit.carts.services import HELMET, OTHER, PLATFORM, SHIRT, Services, contents, key

ONE_SHIRT = contents((SHIRT.sku, 1))


def creating(request: RequestKey, platform: str = PLATFORM) -> CreateCart:
    return CreateCart(platform=platform, contents=ONE_SHIRT, request=request)


def replacing(
    cart: Cart, quantity: int, request: RequestKey, version: int | None = None
) -> ReplaceCart:
    return ReplaceCart(
        cart_id=cart.id,
        platform=PLATFORM,
        contents=contents((SHIRT.sku, quantity)),
        expected_version=version,
        request=request,
    )


async def carts_in(admin: Redis) -> set[str]:
    return {str(name) for name in await admin.keys("{carts}:cart:*")}


async def test_twenty_identical_creates_at_once_make_one_cart(
    services: Services, admin: Redis
) -> None:
    replicas = [services.replica() for _ in range(4)]
    services.meet_before_writing(20)
    carts = await asyncio.gather(
        *(replicas[n % 4].create(creating(key("once"))) for n in range(20))
    )
    assert all(cart == carts[0] for cart in carts)
    assert await carts_in(admin) == {f"{{carts}}:cart:{carts[0].id}"}


async def test_without_a_key_every_create_is_a_new_cart(services: Services, admin: Redis) -> None:
    carts = [await services.carts.create(creating(RequestKey())) for _ in range(2)]
    assert carts[0].id != carts[1].id
    assert not await admin.keys("{carts}:request:*")


async def test_a_key_is_kept_for_a_day(services: Services, admin: Redis) -> None:
    await services.carts.create(creating(key("once")))
    (record,) = await admin.keys("{carts}:request:*")
    assert 24 * 3600 - 60 < await admin.ttl(record) <= 24 * 3600


async def test_a_key_with_another_body_is_refused(services: Services, admin: Redis) -> None:
    cart = await services.carts.create(creating(key("once")))
    other = key("once", b"another body")
    for reused in (
        services.carts.create(creating(other)),
        services.carts.replace(replacing(cart, 2, other)),
        services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM, request=other)),
    ):
        with pytest.raises(KeyReused):
            await reused
    assert len(await carts_in(admin)) == 1
    assert await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM)) == cart


async def test_two_platforms_may_choose_the_same_key(services: Services) -> None:
    mine = await services.carts.create(creating(key("once")))
    theirs = await services.carts.create(creating(key("once", platform=OTHER), OTHER))
    assert (mine.platform, theirs.platform) == (PLATFORM, OTHER)
    assert mine.id != theirs.id


async def test_a_repeated_replace_gives_its_first_answer_and_changes_nothing(
    services: Services,
) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    first = replacing(cart, 2, key("two"), version=1)
    replaced = await services.carts.replace(first)
    latest = await services.carts.replace(replacing(cart, 3, key("three")))
    assert await services.carts.replace(first) == replaced
    assert await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM)) == latest
    assert (replaced.version, latest.version) == (2, 3)


async def test_twenty_identical_replaces_at_once_are_one_version(services: Services) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    request = replacing(cart, 2, key("two"), version=1)
    services.meet_before_writing(20)
    replaced = await asyncio.gather(*(services.carts.replace(request) for _ in range(20)))
    assert all(one == replaced[0] for one in replaced)
    assert replaced[0].version == 2


async def test_a_repeated_cancel_gives_the_cart_again(services: Services) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    cancel = CancelCart(cart_id=cart.id, platform=PLATFORM, request=key("cancel"))
    answers = await asyncio.gather(*(services.carts.cancel(cancel) for _ in range(20)))
    assert all(answer == cart for answer in answers)
    with pytest.raises(CartNotFound):
        await services.carts.cancel(cancel.model_copy(update={"request": key("another")}))


async def test_first_answers_outlive_the_cart_and_the_dependencies(services: Services) -> None:
    cart = await services.carts.create(creating(key("create")))
    request = replacing(cart, 2, key("replace"))
    replaced = await services.carts.replace(request)
    await services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    services.silence_all()
    assert await services.carts.create(creating(key("create"))) == cart
    assert await services.carts.replace(request) == replaced


async def test_a_create_without_discounts_is_repeated_as_it_was(services: Services) -> None:
    services.pricing.down = True
    cart = await services.carts.create(creating(key("create")))
    services.pricing.down = False
    assert await services.carts.create(creating(key("create"))) == cart


async def test_a_repeated_create_gives_its_first_answer_though_the_item_is_gone(
    services: Services,
) -> None:
    cart = await services.carts.create(creating(key("create")))
    services.catalog.items.clear()
    assert await services.carts.create(creating(key("create"))) == cart
    with pytest.raises(NothingToBuy):
        await services.carts.create(creating(key("later")))


async def test_what_was_refused_may_be_tried_again_under_its_key(services: Services) -> None:
    services.catalog.down = True
    with pytest.raises(DependencyUnavailable):
        await services.carts.create(creating(key("create")))
    services.catalog.down = False
    cart = await services.carts.create(creating(key("create")))
    with pytest.raises(StaleVersion):
        await services.carts.replace(replacing(cart, 2, key("replace"), version=9))
    assert (
        await services.carts.replace(replacing(cart, 2, key("replace"), version=1))
    ).version == 2


async def test_a_stale_version_is_refused_and_nothing_changes(services: Services) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    latest = await services.carts.replace(replacing(cart, 2, RequestKey()))
    asked = services.catalog.asked
    with pytest.raises(StaleVersion):
        await services.carts.replace(replacing(cart, 3, RequestKey(), version=1))
    assert services.catalog.asked == asked
    assert await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM)) == latest


async def test_of_many_writers_who_saw_the_same_version_one_wins(services: Services) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    services.meet_before_writing(20)
    answers = await asyncio.gather(
        *(
            services.carts.replace(replacing(cart, n, RequestKey(), version=1))
            for n in range(1, 21)
        ),
        return_exceptions=True,
    )
    (won,) = [answer for answer in answers if isinstance(answer, Cart)]
    assert sum(isinstance(answer, StaleVersion) for answer in answers) == 19
    assert await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM)) == won


async def test_lines_of_writers_at_once_never_mix(services: Services) -> None:
    cart = await services.carts.create(creating(RequestKey()))
    replicas = [services.replica() for _ in range(4)]

    async def write(n: int) -> Cart:
        wanted = contents(*[(item.sku, n) for item in (SHIRT, HELMET)], codes=(f"writer-{n}",))
        request = ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted)
        return await replicas[n % 4].replace(request)

    services.meet_before_writing(30)
    written = await asyncio.gather(*(write(n) for n in range(1, 31)))
    assert sorted(one.version for one in written) == list(range(2, 32))
    last = max(written, key=lambda one: one.version)
    final = await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert final == last
    (n,) = {line.quantity for line in final.lines}
    assert final.codes == (f"writer-{n}",)
    assert final.priced.totals.subtotal == n * (SHIRT.price + HELMET.price)
