"""Sessions: made of carts, quoted by the dependencies, replaced whole."""

from __future__ import annotations

import asyncio

import pytest

from deployments.carts.contract import CancelCart, Cart, CartNotFound, CreateCart
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.catalog.contract import ResolvedItems, ResolveItems
from deployments.checkout.contract import (
    CancelSession,
    CreateSession,
    GetSession,
    ReplaceSession,
    SessionContents,
    WantedDelivery,
)
from deployments.foundation.rpc.calls import DependencyUnavailable
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, Services
from tests.unit.checkout.shopping import HOME, contents, key, ready


async def a_cart(services: Services) -> Cart:
    lines = (WantedLine(item_id=SHIRT.sku, quantity=2), WantedLine(item_id=BIKE.id, quantity=1))
    wanted = CartContents(lines=lines, codes=("ONCE",), buyer={"email": "ada@example.com"})
    return await services.carts.create(CreateCart(platform=PLATFORM, contents=wanted))


def from_cart(cart: Cart) -> CreateSession:
    delivery = WantedDelivery(destinations=(HOME,), option_id="ground")
    more = SessionContents(lines=(), codes=("IGNORED",), delivery=delivery)
    return CreateSession(platform=PLATFORM, contents=more, cart_id=cart.id)


async def test_a_cart_becomes_a_session_with_its_lines_and_codes(services: Services) -> None:
    cart = await a_cart(services)
    created = await services.checkout.create(from_cart(cart))
    session = created.session
    assert created.created
    assert session.status == "ready_for_complete"
    assert session.lines == cart.lines
    assert session.codes == ("ONCE",)
    assert session.priced.totals.items_discount == cart.priced.totals.items_discount > 0


async def test_a_cart_has_one_session_in_progress(services: Services) -> None:
    cart = await a_cart(services)
    made = await asyncio.gather(*(services.checkout.create(from_cart(cart)) for _ in range(8)))
    assert sum(one.created for one in made) == 1
    (session_id,) = {one.session.id for one in made}
    cancel = CancelSession(session_id=session_id, platform=PLATFORM)
    await services.checkout.cancel(cancel)
    again = await services.checkout.create(from_cart(cart))
    assert again.created
    assert again.session.id != session_id


async def test_a_cart_that_is_gone_makes_no_session(services: Services) -> None:
    cart = await a_cart(services)
    await services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    with pytest.raises(CartNotFound):
        await services.checkout.create(from_cart(cart))


async def test_the_catalogue_says_titles_and_prices(services: Services) -> None:
    session = await ready(services.checkout, quantity=2)
    assert [(line.title, line.unit_price) for line in session.lines] == [(SHIRT.title, SHIRT.price)]
    assert session.priced.totals.subtotal == 2 * SHIRT.price
    assert session.priced.totals.tax == 350
    assert session.priced.totals.fulfillment == 500


async def test_an_unknown_item_and_too_little_stock_are_named(services: Services) -> None:
    wanted = contents().model_copy(
        update={
            "lines": (
                WantedLine(item_id="UNICORN", quantity=1),
                WantedLine(item_id=BIKE.sku, quantity=2),
                WantedLine(item_id=BIKE.id, quantity=1),
            )
        }
    )
    session = (
        await services.checkout.create(CreateSession(platform=PLATFORM, contents=wanted))
    ).session
    assert [(n.code, n.path, n.severity) for n in session.errors] == [
        ("item_unavailable", "$.line_items[0]", "recoverable"),
        ("out_of_stock", "$.line_items[0]", "recoverable"),
        ("out_of_stock", "$.line_items[1]", "recoverable"),
    ]


async def test_a_rejected_code_is_a_warning_and_does_not_stop_the_purchase(
    services: Services,
) -> None:
    session = await ready(services.checkout, codes=("NOSUCHCODE",))
    assert [(n.type, n.code, n.path) for n in session.notices] == [
        ("warning", "discount_code_invalid", "$.discounts.codes[0]")
    ]


async def test_a_quote_does_without_inventory_but_not_without_prices(services: Services) -> None:
    def down() -> DependencyUnavailable:
        return DependencyUnavailable("a dependency", "it is down")

    services.inventory.before["availability"] = down
    await ready(services.checkout)
    services.pricing.before["price"] = down
    with pytest.raises(DependencyUnavailable):
        await ready(services.checkout)


async def test_a_replace_wins_whole_and_lines_keep_their_ids(services: Services) -> None:
    session = await ready(services.checkout)
    wanted = contents().model_copy(
        update={
            "lines": (
                WantedLine(item_id=BIKE.sku, quantity=1),
                WantedLine(id=session.lines[0].id, item_id=SHIRT.sku, quantity=3),
            )
        }
    )
    request = ReplaceSession(session_id=session.id, platform=PLATFORM, contents=wanted)
    replaced = await services.checkout.replace(request)
    assert replaced.version == session.version + 1
    assert [(line.sku, line.quantity) for line in replaced.lines] == [
        ("BIKE-52", 1),
        ("SHIRT-M", 3),
    ]
    assert replaced.lines[1].id == session.lines[0].id
    assert replaced.lines[0].id != replaced.lines[1].id


async def test_lines_of_two_writers_never_mix(services: Services) -> None:
    session = await ready(services.checkout)
    await asyncio.gather(
        *(
            services.replica().replace(
                ReplaceSession(
                    session_id=session.id,
                    platform=PLATFORM,
                    contents=contents(sku=sku, quantity=quantity),
                )
            )
            for sku, quantity in ((SHIRT.sku, 1), (SHIRT.sku, 2), (BIKE.sku, 1), (BIKE.sku, 2))
        )
    )
    last = await services.checkout.get(GetSession(session_id=session.id, platform=PLATFORM))
    assert last.version == session.version + 4
    assert len(last.lines) == 1
    assert last.priced.totals.subtotal == last.lines[0].unit_price * last.lines[0].quantity


async def test_twenty_identical_creates_make_one_session(services: Services) -> None:
    request = CreateSession(platform=PLATFORM, contents=contents(), request=key("create"))
    made = await asyncio.gather(*(services.replica().create(request) for _ in range(20)))
    assert len({one.session.id for one in made}) == 1


async def test_what_has_no_stock_row_is_out_of_stock_in_carts_and_sessions_alike(
    services: Services,
) -> None:
    cap = SHIRT.model_copy(update={"id": "variant-3", "sku": "CAP"})

    async def resolve(request: ResolveItems) -> ResolvedItems:
        return ResolvedItems(items=dict.fromkeys(request.ids, cap))

    services.catalog.instead["resolve"] = resolve
    wanted = contents(sku="CAP")
    cart = await services.carts.create(
        CreateCart(platform=PLATFORM, contents=CartContents(lines=wanted.lines))
    )
    created = await services.checkout.create(CreateSession(platform=PLATFORM, contents=wanted))
    (in_cart,) = cart.notices
    (in_session,) = created.session.errors
    assert in_cart == in_session
    assert (in_cart.code, in_cart.path) == ("out_of_stock", "$.line_items[0]")
    assert "0 available" in in_cart.content


async def test_an_option_that_is_not_offered_is_no_selection(services: Services) -> None:
    delivery = WantedDelivery(destinations=(HOME,), option_id="teleport")
    wanted = contents().model_copy(update={"delivery": delivery})
    created = await services.checkout.create(CreateSession(platform=PLATFORM, contents=wanted))
    assert created.session.delivery.option_id is None
    path = "$.fulfillment.methods[0].groups[0].selected_option_id"
    assert [notice.path for notice in created.session.errors] == [path]
