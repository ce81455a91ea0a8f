"""Carts publish what becomes of their lines, once, and the carts that were left."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TypeVar

import pytest

from deployments.carts.contract import (
    CancelCart,
    Cart,
    CreateCart,
    GetCart,
    PublishAbandoned,
    ReplaceCart,
)
from deployments.carts.contract.contents import CartContents, NothingToBuy, WantedLine
from deployments.carts.domain import LIFETIME
from deployments.carts.events import (
    AbandonedLine,
    CartAbandoned,
    CartCancelled,
    LineAdded,
    LineChanged,
    LineRemoved,
)
from deployments.foundation.events.publishing import Event, event_of
from deployments.foundation.http.idempotency import KeyReused, RequestKey, StaleVersion
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.carts.services import BIKE, HELMET, PLATFORM, SHIRT, Services, contents, key

E = TypeVar("E", bound=Event)
HOUR = timedelta(hours=1)
GERMANY = {"address_country": "DE"}


@pytest.fixture
def publications(redis_of: ClientOf) -> Publishments:
    return Publishments(redis_of)


class Publishments:
    """What carts have published so far."""

    def __init__(self, redis_of: ClientOf) -> None:
        self._redis = redis_of("carts")

    async def kinds(self, cart: Cart) -> list[str]:
        """The kinds of a cart's events, in order."""
        events = await published(self._redis, "carts")
        return [event.type.split(".")[-2] for event in events if event.subject == cart.id]

    async def events(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return [event_of(event, kind) for event in await published(self._redis, "carts", kind.type)]


async def create(
    services: Services, *wanted: tuple[str, int], request: RequestKey | None = None
) -> Cart:
    return await services.carts.create(
        CreateCart(
            platform=PLATFORM,
            contents=contents(*wanted, context=GERMANY, buyer={"email": "ada@example.com"}),
            request=request or RequestKey(),
        )
    )


def kept(cart: Cart, *lines: tuple[int, str, int]) -> CartContents:
    """Contents with lines of the cart, by their place in it, with another item or quantity."""
    wanted = (WantedLine(id=cart.lines[n].id, item_id=sku, quantity=q) for n, sku, q in lines)
    return CartContents(lines=tuple(wanted), context=GERMANY)


async def replace(services: Services, cart: Cart, wanted: CartContents, **more: object) -> Cart:
    request = ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted)
    return await services.carts.replace(request.model_copy(update=more))


async def test_a_new_cart_publishes_each_of_its_lines(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 2), (HELMET.sku, 1))
    added = await publications.events(LineAdded)
    assert [(event.line_id, event.sku, event.quantity) for event in added] == [
        (cart.lines[0].id, "SHIRT", 2),
        (cart.lines[1].id, "HELMET", 1),
    ]
    assert added[0] == LineAdded(
        cart_id=cart.id,
        platform=PLATFORM,
        line_id=cart.lines[0].id,
        sku="SHIRT",
        title="Shirt",
        unit_price=2000,
        quantity=2,
        weight_grams=500,
        country="DE",
    )


async def test_a_replace_publishes_only_how_the_lines_differ(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 2), (HELMET.sku, 1), (BIKE.sku, 1))
    contents = kept(cart, (0, SHIRT.sku, 2), (1, HELMET.sku, 3))
    await replace(services, cart, contents)
    assert await publications.kinds(cart) == [*["line_added"] * 3, "line_removed", "line_changed"]
    (removed,), (changed,) = (
        await publications.events(LineRemoved),
        await publications.events(LineChanged),
    )
    assert (removed.line_id, removed.sku, removed.quantity) == (cart.lines[2].id, "BIKE", 1)
    assert (changed.line_id, changed.quantity) == (cart.lines[1].id, 3)
    await replace(services, cart, contents)
    assert len(await publications.kinds(cart)) == 5


@pytest.mark.parametrize("context", [None, {"address_country": "FR"}, {"intent": "a ride"}])
async def test_another_country_changes_every_line_that_stays(
    services: Services, publications: Publishments, context: dict[str, str] | None
) -> None:
    cart = await create(services, (SHIRT.sku, 2), (HELMET.sku, 1), (BIKE.sku, 1))
    wanted = kept(cart, (0, SHIRT.sku, 2), (1, HELMET.sku, 1))
    await replace(services, cart, wanted.model_copy(update={"context": context}))
    assert await publications.kinds(cart) == [
        *["line_added"] * 3,
        "line_removed",
        *["line_changed"] * 2,
    ]
    country = (context or {}).get("address_country")
    changed = await publications.events(LineChanged)
    assert [(event.sku, event.quantity, event.country) for event in changed] == [
        ("SHIRT", 2, country),
        ("HELMET", 1, country),
    ]


async def test_what_else_a_context_says_changes_no_line(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 2))
    wanted = kept(cart, (0, SHIRT.sku, 2))
    context = {**GERMANY, "address_region": "BY", "intent": "a ride"}
    await replace(services, cart, wanted.model_copy(update={"context": context, "buyer": None}))
    assert await publications.kinds(cart) == ["line_added"]


async def test_a_line_of_another_item_is_another_line(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 1))
    await replace(services, cart, kept(cart, (0, HELMET.sku, 1)))
    assert await publications.kinds(cart) == ["line_added", "line_removed", "line_added"]
    assert [event.sku for event in await publications.events(LineAdded)] == ["SHIRT", "HELMET"]


async def test_a_repeated_request_publishes_nothing_again(
    services: Services, publications: Publishments
) -> None:
    created = [await create(services, (SHIRT.sku, 1), request=key("create")) for _ in range(2)]
    cart = created[0]
    replacing = [
        replace(services, cart, contents((BIKE.sku, 1)), request=key("replace")) for _ in range(5)
    ]
    await asyncio.gather(*replacing)
    cancel = CancelCart(cart_id=cart.id, platform=PLATFORM, request=key("cancel"))
    await asyncio.gather(*(services.carts.cancel(cancel) for _ in range(5)))
    assert await publications.kinds(cart) == [
        "line_added",
        "line_removed",
        "line_added",
        "cancelled",
    ]
    assert await publications.events(CartCancelled) == [
        CartCancelled(cart_id=cart.id, platform=PLATFORM)
    ]


async def test_what_is_refused_is_not_published(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 1), request=key("create"))
    with pytest.raises(NothingToBuy):
        await replace(services, cart, contents(("nothing", 1)))
    with pytest.raises(StaleVersion):
        await replace(services, cart, contents((BIKE.sku, 1)), expected_version=7)
    with pytest.raises(KeyReused):
        await create(services, (BIKE.sku, 1), request=key("create", b"other"))
    assert await publications.kinds(cart) == ["line_added"]


async def test_the_lines_add_up_whoever_writes_at_once(
    services: Services, publications: Publishments
) -> None:
    """A reader who follows the events has the cart's lines, whatever was overwritten."""
    cart = await create(services, (SHIRT.sku, 1))
    wanted = [contents((SHIRT.sku, n + 1), (HELMET.sku, n + 1)) for n in range(6)]
    wanted += [kept(cart, (0, SHIRT.sku, n + 2)) for n in range(6)]
    services.meet_before_writing(len(wanted))
    replicas = [services.replica() for _ in wanted]
    await asyncio.gather(
        *(
            replica.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=lines))
            for replica, lines in zip(replicas, wanted, strict=True)
        )
    )
    services.pricing.meeting = None
    followed: Counter[tuple[str, str]] = Counter()
    for event in await published(services.redis_of("carts"), "carts"):
        line = (event.data["line_id"], event.data["sku"])
        assert (line in followed) == (event.type != LineAdded.type)
        followed[line] = event.data["quantity"]
        if event.type == LineRemoved.type:
            del followed[line]
    now = await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert followed == {(line.id, line.sku): line.quantity for line in now.lines}


async def publish_abandoned(services: Services, limit: int = 100) -> int:
    request = PublishAbandoned(seconds=int(HOUR.total_seconds()), limit=limit)
    return (await services.carts.publish_abandoned(request)).count


async def test_a_cart_that_was_left_is_published_once_since_its_last_change(
    services: Services, publications: Publishments
) -> None:
    cart = await create(services, (SHIRT.sku, 2))
    services.clock.now += HOUR - timedelta(milliseconds=1)
    assert await publish_abandoned(services) == 0
    services.clock.now += timedelta(milliseconds=1)
    counts = await asyncio.gather(*(publish_abandoned(services) for _ in range(5)))
    assert sum(counts) == 1
    line = AbandonedLine(sku="SHIRT", title="Shirt", quantity=2, unit_price=2000)
    left = CartAbandoned(
        cart_id=cart.id,
        platform=PLATFORM,
        buyer_email="ada@example.com",
        currency="USD",
        total=cart.priced.totals.total,
        lines=(line,),
    )
    assert await publications.events(CartAbandoned) == [left]
    await replace(services, cart, contents((SHIRT.sku, 2)))
    services.clock.now += HOUR
    assert await publish_abandoned(services) == 1
    again = (await publications.events(CartAbandoned))[1]
    assert again == left.model_copy(update={"buyer_email": None})


async def test_what_is_said_of_a_cart_that_was_left_adds_up(
    services: Services, publications: Publishments
) -> None:
    await services.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 3), codes=("TEN",)))
    )
    services.clock.now += HOUR
    assert await publish_abandoned(services) == 1
    (left,) = await publications.events(CartAbandoned)
    subtotal = sum(line.quantity * line.unit_price for line in left.lines)
    assert left.discount > 0
    assert subtotal - left.discount + left.tax == left.total


async def test_a_cart_that_was_bought_cancelled_or_has_expired_was_not_left(
    services: Services, publications: Publishments
) -> None:
    bought, cancelled, expired = [await create(services, (SHIRT.sku, 1)) for _ in range(3)]
    await services.carts.mark_bought(bought.id, PLATFORM, "order_1", "event_1")
    await services.carts.cancel(CancelCart(cart_id=cancelled.id, platform=PLATFORM))
    await services.redis_of("carts").delete(f"{{carts}}:cart:{expired.id}")
    services.clock.now += LIFETIME
    assert await publish_abandoned(services) == 1
    assert await publications.events(CartAbandoned) == []
    assert await publish_abandoned(services) == 0


async def test_many_carts_are_published_a_batch_at_a_time(
    services: Services, publications: Publishments
) -> None:
    carts = [await create(services, (SHIRT.sku, 1)) for _ in range(5)]
    services.clock.now += HOUR
    assert [await publish_abandoned(services, limit=2) for _ in range(3)] == [2, 2, 1]
    left = await publications.events(CartAbandoned)
    assert Counter(event.cart_id for event in left) == Counter(cart.id for cart in carts)
