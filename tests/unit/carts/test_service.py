"""A cart from its creation to its end, among real dependencies."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from deployments.carts.contract import (
    CancelCart,
    Cart,
    CartNotFound,
    CartsApi,
    CreateCart,
    GetCart,
    ReplaceCart,
)
from deployments.carts.contract.contents import NothingToBuy, WantedLine
from deployments.carts.domain import LIFETIME
from deployments.carts.service import CartsService
from deployments.foundation.rpc.calls import DependencyUnavailable, Endpoint, client_of
from deployments.inventory.contract import ReserveStock, StockLine
from deployments.pricing.contract import DiscountCode, ImportRules
from tests.conftest import ClientOf
from tests.unit.carts.services import (
    BIKE,
    ENDS,
    HELMET,
    OFFER_ENDS,
    OTHER,
    PLATFORM,
    SHIRT,
    STARTS,
    Services,
    contents,
    helmet_offer,
)


async def create(
    carts: CartsService, *wanted: tuple[str, int], codes: tuple[str, ...] = ()
) -> Cart:
    request = CreateCart(platform=PLATFORM, contents=contents(*wanted, codes=codes))
    return await carts.create(request)


async def replace(
    carts: CartsService, cart: Cart, *wanted: tuple[str, int], codes: tuple[str, ...] = ()
) -> Cart:
    replacement = contents(*wanted, codes=codes)
    request = ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=replacement)
    return await carts.replace(request)


def get(cart: Cart, platform: str = PLATFORM) -> GetCart:
    return GetCart(cart_id=cart.id, platform=platform)


async def test_a_cart_is_priced_and_read_back_as_it_was_priced(carts: CartsService) -> None:
    cart = await create(carts, (SHIRT.id, 2), (HELMET.sku, 1), codes=("ten", "NONSENSE"))
    assert [(line.sku, line.title, line.unit_price) for line in cart.lines] == [
        ("SHIRT", "Shirt", 2000),
        ("HELMET", "Helmet", 3499),
    ]
    # A fifth off the helmet is 7.00; ten per cent of what is left are 4.00 and 2.80.
    assert (cart.priced.totals.subtotal, cart.priced.totals.items_discount) == (7499, 1380)
    assert cart.priced.totals.total == 6119
    (rejected,) = cart.notices
    assert (rejected.code, rejected.path) == ("discount_code_invalid", "$.discounts.codes[1]")
    assert (cart.version, await carts.get(get(cart))) == (1, cart)


async def test_an_unknown_item_is_left_out_with_a_message(carts: CartsService) -> None:
    cart = await create(carts, ("nothing", 1), (SHIRT.sku, 1))
    assert [line.sku for line in cart.lines] == ["SHIRT"]
    (notice,) = cart.notices
    assert (notice.type, notice.code) == ("error", "item_unavailable")
    assert (notice.path, notice.severity) == ("$.line_items[0]", "recoverable")


async def test_a_cart_of_unknown_items_only_is_refused(carts: CartsService) -> None:
    with pytest.raises(NothingToBuy) as refused:
        await create(carts, ("nothing", 1), ("no more", 1))
    assert [notice.path for notice in refused.value.notices] == [
        "$.line_items[0]",
        "$.line_items[1]",
    ]


async def test_a_refused_replace_leaves_the_cart_as_it_is(carts: CartsService) -> None:
    cart = await create(carts, (SHIRT.sku, 1))
    with pytest.raises(NothingToBuy):
        await replace(carts, cart, ("nothing", 1))
    assert await carts.get(get(cart)) == cart


async def test_too_little_stock_is_said_at_the_lines_place_in_the_cart(services: Services) -> None:
    cart = await create(services.carts, ("nothing", 1), (SHIRT.sku, 1), (BIKE.sku, 3))
    assert [line.quantity for line in cart.lines] == [1, 3]
    unknown, short = cart.notices
    assert unknown.code == "item_unavailable"
    assert (short.code, short.path, short.severity) == (
        "out_of_stock",
        "$.line_items[1]",
        "recoverable",
    )
    assert "2 available" in short.content


async def test_what_is_reserved_is_not_available(services: Services) -> None:
    await services.inventory.reserve(
        ReserveStock(
            key="saga:reserve",
            reservation_id="r",
            lines=(StockLine(sku=BIKE.sku, quantity=2),),
            seconds=60,
        )
    )
    (notice,) = (await create(services.carts, (BIKE.sku, 1))).notices
    assert "0 available" in notice.content


async def test_a_replace_is_a_new_version_of_the_whole_cart(carts: CartsService) -> None:
    cart = await create(carts, (SHIRT.sku, 1), (HELMET.sku, 1), codes=("TEN",))
    helmet = cart.lines[1]
    wanted = (
        WantedLine(id=helmet.id, item_id=HELMET.sku, quantity=2),
        WantedLine(id=helmet.id, item_id=BIKE.sku, quantity=1),
        WantedLine(id="of mine", item_id=SHIRT.sku, quantity=1),
    )
    replaced = await carts.replace(
        ReplaceCart(
            cart_id=cart.id,
            platform=PLATFORM,
            contents=contents().model_copy(update={"lines": wanted}),
        )
    )
    assert (replaced.id, replaced.version, replaced.codes) == (cart.id, 2, ())
    ids = [line.id for line in replaced.lines]
    assert ids[0] == helmet.id
    assert len(set(ids)) == 3
    assert not set(ids[1:]) & {"of mine", *(line.id for line in cart.lines)}
    assert await carts.get(get(cart)) == replaced


async def test_an_offer_that_ended_is_said(services: Services) -> None:
    cart = await create(services.carts, (SHIRT.sku, 1), (HELMET.sku, 2))
    assert cart.priced.totals.items_discount == 1400
    services.clock.now = OFFER_ENDS + timedelta(days=1)
    replaced = await replace(services.carts, cart, (SHIRT.sku, 5), (HELMET.sku, 2))
    assert replaced.priced.totals.items_discount == 0
    (notice,) = replaced.notices
    assert (notice.type, notice.code, notice.path) == (
        "warning",
        "offer_ended",
        "$.line_items[1]",
    )
    assert "'Helmet Days'" in notice.content
    assert (await replace(services.carts, cart, (HELMET.sku, 2))).notices == ()


async def test_an_offer_that_the_buyer_left_is_not_said_to_have_ended(services: Services) -> None:
    cart = await create(services.carts, (HELMET.sku, 2))
    assert (await replace(services.carts, cart, (HELMET.sku, 11))).notices == ()
    assert (await replace(services.carts, cart, (SHIRT.sku, 1))).notices == ()


async def test_an_offer_that_a_better_one_replaced_is_no_loss(services: Services) -> None:
    cart = await create(services.carts, (HELMET.sku, 2))
    half = helmet_offer(id_=2, title="Half Price", percent="50")
    await services.pricing.import_rules(ImportRules(batch="second", offers=(half,)))
    replaced = await replace(services.carts, cart, (HELMET.sku, 2))
    assert [discount.title for discount in replaced.priced.discounts] == ["Half Price"]
    assert replaced.notices == ()


async def test_an_offer_that_still_runs_is_not_said_to_have_ended(services: Services) -> None:
    cart = await create(services.carts, (HELMET.sku, 2))
    assert (await replace(services.carts, cart, (HELMET.sku, 2))).notices == ()


async def test_a_cancelled_cart_is_returned_once_and_gone(carts: CartsService) -> None:
    cart = await create(carts, (SHIRT.sku, 1))
    cancel = CancelCart(cart_id=cart.id, platform=PLATFORM)
    assert await carts.cancel(cancel) == cart
    for gone in (carts.get(get(cart)), replace(carts, cart, (SHIRT.sku, 1)), carts.cancel(cancel)):
        with pytest.raises(CartNotFound):
            await gone


async def test_a_cart_expires_a_while_after_it_was_last_written(services: Services) -> None:
    carts, almost = services.carts, LIFETIME - timedelta(seconds=1)
    cart = await create(carts, (SHIRT.sku, 1))
    services.clock.now += almost
    cart = await replace(carts, cart, (SHIRT.sku, 2))
    assert cart.expires_at == services.clock() + LIFETIME
    services.clock.now += almost
    assert await carts.get(get(cart)) == cart
    services.clock.now += timedelta(seconds=1)
    cancel = carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    for gone in (carts.get(get(cart)), replace(carts, cart, (SHIRT.sku, 1)), cancel):
        with pytest.raises(CartNotFound):
            await gone


async def test_redis_forgets_a_cart_when_it_has_expired(
    carts: CartsService, redis_of: ClientOf
) -> None:
    redis = redis_of("carts")
    cart = await create(carts, (SHIRT.sku, 1))
    for _ in range(2):
        left = await redis.ttl(f"{{carts}}:cart:{cart.id}")
        assert LIFETIME - timedelta(minutes=1) < timedelta(seconds=left) <= LIFETIME
        await redis.expire(f"{{carts}}:cart:{cart.id}", 5)
        await replace(carts, cart, (SHIRT.sku, 1))


async def test_a_cart_is_its_platforms_alone(carts: CartsService) -> None:
    cart = await create(carts, (SHIRT.sku, 1))
    wanted = contents((HELMET.sku, 1))
    for foreign in (
        carts.get(get(cart, OTHER)),
        carts.replace(ReplaceCart(cart_id=cart.id, platform=OTHER, contents=wanted)),
        carts.cancel(CancelCart(cart_id=cart.id, platform=OTHER)),
    ):
        with pytest.raises(CartNotFound):
            await foreign
    assert await carts.get(get(cart)) == cart


async def test_carts_work_without_inventory_but_say_nothing_of_stock(services: Services) -> None:
    services.inventory.down = True
    cart = await create(services.carts, (BIKE.sku, 3))
    assert cart.notices == ()
    services.inventory.down = False
    assert (await replace(services.carts, cart, (BIKE.sku, 3))).notices[0].code == "out_of_stock"


async def test_without_pricing_a_cart_has_list_prices_and_says_so(services: Services) -> None:
    cart = await create(services.carts, (HELMET.sku, 2), (BIKE.sku, 3), codes=("TEN",))
    services.pricing.down = True
    without = await replace(services.carts, cart, (HELMET.sku, 2), (BIKE.sku, 3), codes=("TEN",))
    assert [notice.code for notice in without.notices] == ["out_of_stock", "discounts_unavailable"]
    assert (without.codes, without.priced.discounts, without.version) == (("TEN",), (), 2)
    assert [line.total for line in without.priced.lines] == [2 * HELMET.price, 3 * BIKE.price]
    assert without.priced.totals.total == 2 * HELMET.price + 3 * BIKE.price
    services.pricing.down = False
    again = await replace(services.carts, cart, (HELMET.sku, 2), (BIKE.sku, 3), codes=("TEN",))
    assert (again.priced, again.notices) == (cart.priced, cart.notices)


async def test_list_prices_are_what_pricing_says_where_nothing_is_taken_off(
    services: Services,
) -> None:
    priced = (await create(services.carts, (SHIRT.sku, 2), (BIKE.sku, 1))).priced
    services.pricing.down = True
    assert (await create(services.carts, (SHIRT.sku, 2), (BIKE.sku, 1))).priced == priced


async def test_without_the_catalogue_nothing_is_written(services: Services) -> None:
    cart = await create(services.carts, (SHIRT.sku, 1))
    services.catalog.down = True
    with pytest.raises(DependencyUnavailable):
        await create(services.carts, (SHIRT.sku, 1))
    with pytest.raises(DependencyUnavailable):
        await replace(services.carts, cart, (SHIRT.sku, 2))
    assert await services.carts.get(get(cart)) == cart


async def test_reading_and_cancelling_need_no_dependency(services: Services) -> None:
    cart = await create(services.carts, (SHIRT.sku, 1))
    services.silence_all()
    assert await services.carts.get(get(cart)) == cart
    assert await services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM)) == cart


async def test_stock_and_prices_are_asked_at_the_same_time(services: Services) -> None:
    services.inventory.meeting = services.pricing.meeting = asyncio.Barrier(2)
    async with asyncio.timeout(10):
        assert (await create(services.carts, (SHIRT.sku, 1))).lines
    assert services.catalog.asked == 1


async def test_a_cart_crosses_the_seam_whole(services: Services) -> None:
    remote = client_of(CartsApi, Endpoint(CartsApi, services.carts))
    wanted = contents((BIKE.sku, 3), codes=("TEN", "NO"), buyer={"email": "a@b", "note": [1, {}]})
    cart = await remote.create(CreateCart(platform=PLATFORM, contents=wanted))
    assert await remote.get(get(cart)) == cart == await services.carts.get(get(cart))


async def test_a_code_for_shipping_waits_for_checkout(services: Services) -> None:
    free = DiscountCode(
        code="FREESHIP", title="Free", kind="free_shipping", starts=STARTS, ends=ENDS
    )
    await services.pricing.import_rules(ImportRules(batch="second", codes=(free,)))
    wanted = contents((SHIRT.sku, 1), codes=(" freeship",))
    cart = await services.carts.create(CreateCart(platform=PLATFORM, contents=wanted))
    assert [(notice.type, notice.code, notice.path) for notice in cart.notices] == [
        ("info", "discount_code_waiting", "$.discounts.codes[0]")
    ]


async def test_a_code_that_was_taken_back_is_no_offer_that_ended(services: Services) -> None:
    cart = await create(services.carts, (SHIRT.sku, 1), codes=("TEN",))
    assert cart.priced.totals.items_discount > 0
    changed = await replace(services.carts, cart, (SHIRT.sku, 1))
    assert changed.notices == ()
