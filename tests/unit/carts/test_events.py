"""Carts announce what becomes of their lines, once, and the carts that were left."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TypeVar

import pytest

from deployments.carts.contract import (
    AnnounceAbandoned,
    CancelCart,
    Cart,
    CartContents,
    CreateCart,
    GetCart,
    NothingToBuy,
    ReplaceCart,
    WantedLine,
)
from deployments.carts.domain import LIFETIME
from deployments.carts.events import (
    AbandonedLine,
    CartAbandoned,
    CartCancelled,
    LineAdded,
    LineChanged,
    LineRemoved,
)
from deployments.foundation.events import Event, fact_of
from deployments.foundation.idempotency import KeyReused, RequestKey, StaleVersion
from tests.announced import announced
from tests.conftest import ClientOf
from tests.unit.carts.rooms import BIKE, HELMET, PLATFORM, SHIRT, Rooms, contents, key

E = TypeVar("E", bound=Event)
HOUR = timedelta(hours=1)
GERMANY = {"address_country": "DE"}


@pytest.fixture
def announcements(redis_of: ClientOf) -> Announcements:
    return Announcements(redis_of)


class Announcements:
    """What carts have announced so far."""

    def __init__(self, redis_of: ClientOf) -> None:
        self._redis = redis_of("carts")

    async def kinds(self, cart: Cart) -> list[str]:
        """The kinds of a cart's events, in order."""
        events = await announced(self._redis, "carts")
        return [event.type.split(".")[-2] for event in events if event.subject == cart.id]

    async def facts(self, kind: type[E]) -> list[E]:
        """All facts of a kind."""
        return [fact_of(event, kind) for event in await announced(self._redis, "carts", kind.type)]


async def create(rooms: Rooms, *wanted: tuple[str, int], request: RequestKey | None = None) -> Cart:
    return await rooms.carts.create(
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


async def replace(rooms: Rooms, cart: Cart, wanted: CartContents, **more: object) -> Cart:
    request = ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted)
    return await rooms.carts.replace(request.model_copy(update=more))


async def test_a_new_cart_announces_each_of_its_lines(
    rooms: Rooms, announcements: Announcements
) -> None:
    cart = await create(rooms, (SHIRT.sku, 2), (HELMET.sku, 1))
    added = await announcements.facts(LineAdded)
    assert [(fact.line_id, fact.sku, fact.quantity) for fact in added] == [
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


async def test_a_replace_announces_only_how_the_lines_differ(
    rooms: Rooms, announcements: Announcements
) -> None:
    cart = await create(rooms, (SHIRT.sku, 2), (HELMET.sku, 1), (BIKE.sku, 1))
    contents = kept(cart, (0, SHIRT.sku, 2), (1, HELMET.sku, 3))
    await replace(rooms, cart, contents)
    assert await announcements.kinds(cart) == [*["line_added"] * 3, "line_removed", "line_changed"]
    (removed,), (changed,) = (
        await announcements.facts(LineRemoved),
        await announcements.facts(LineChanged),
    )
    assert (removed.line_id, removed.sku, removed.quantity) == (cart.lines[2].id, "BIKE", 1)
    assert (changed.line_id, changed.quantity) == (cart.lines[1].id, 3)
    await replace(rooms, cart, contents)
    assert len(await announcements.kinds(cart)) == 5


@pytest.mark.parametrize("context", [None, {"address_country": "FR"}, {"intent": "a ride"}])
async def test_another_country_changes_every_line_that_stays(
    rooms: Rooms, announcements: Announcements, context: dict[str, str] | None
) -> None:
    cart = await create(rooms, (SHIRT.sku, 2), (HELMET.sku, 1), (BIKE.sku, 1))
    wanted = kept(cart, (0, SHIRT.sku, 2), (1, HELMET.sku, 1))
    await replace(rooms, cart, wanted.model_copy(update={"context": context}))
    assert await announcements.kinds(cart) == [
        *["line_added"] * 3,
        "line_removed",
        *["line_changed"] * 2,
    ]
    country = (context or {}).get("address_country")
    changed = await announcements.facts(LineChanged)
    assert [(fact.sku, fact.quantity, fact.country) for fact in changed] == [
        ("SHIRT", 2, country),
        ("HELMET", 1, country),
    ]


async def test_what_else_a_context_says_changes_no_line(
    rooms: Rooms, announcements: Announcements
) -> None:
    cart = await create(rooms, (SHIRT.sku, 2))
    wanted = kept(cart, (0, SHIRT.sku, 2))
    context = {**GERMANY, "address_region": "BY", "intent": "a ride"}
    await replace(rooms, cart, wanted.model_copy(update={"context": context, "buyer": None}))
    assert await announcements.kinds(cart) == ["line_added"]


async def test_a_line_of_another_item_is_another_line(
    rooms: Rooms, announcements: Announcements
) -> None:
    cart = await create(rooms, (SHIRT.sku, 1))
    await replace(rooms, cart, kept(cart, (0, HELMET.sku, 1)))
    assert await announcements.kinds(cart) == ["line_added", "line_removed", "line_added"]
    assert [fact.sku for fact in await announcements.facts(LineAdded)] == ["SHIRT", "HELMET"]


async def test_a_repeated_request_announces_nothing_again(
    rooms: Rooms, announcements: Announcements
) -> None:
    created = [await create(rooms, (SHIRT.sku, 1), request=key("create")) for _ in range(2)]
    cart = created[0]
    replacing = [
        replace(rooms, cart, contents((BIKE.sku, 1)), request=key("replace")) for _ in range(5)
    ]
    await asyncio.gather(*replacing)
    cancel = CancelCart(cart_id=cart.id, platform=PLATFORM, request=key("cancel"))
    await asyncio.gather(*(rooms.carts.cancel(cancel) for _ in range(5)))
    assert await announcements.kinds(cart) == [
        "line_added",
        "line_removed",
        "line_added",
        "cancelled",
    ]
    assert await announcements.facts(CartCancelled) == [
        CartCancelled(cart_id=cart.id, platform=PLATFORM)
    ]


async def test_what_is_refused_is_not_announced(rooms: Rooms, announcements: Announcements) -> None:
    cart = await create(rooms, (SHIRT.sku, 1), request=key("create"))
    with pytest.raises(NothingToBuy):
        await replace(rooms, cart, contents(("nothing", 1)))
    with pytest.raises(StaleVersion):
        await replace(rooms, cart, contents((BIKE.sku, 1)), expected_version=7)
    with pytest.raises(KeyReused):
        await create(rooms, (BIKE.sku, 1), request=key("create", b"other"))
    assert await announcements.kinds(cart) == ["line_added"]


async def test_the_lines_add_up_whoever_writes_at_once(
    rooms: Rooms, announcements: Announcements
) -> None:
    """A reader who follows the events has the cart's lines, whatever was overwritten."""
    cart = await create(rooms, (SHIRT.sku, 1))
    wanted = [contents((SHIRT.sku, n + 1), (HELMET.sku, n + 1)) for n in range(6)]
    wanted += [kept(cart, (0, SHIRT.sku, n + 2)) for n in range(6)]
    rooms.meet_before_writing(len(wanted))
    replicas = [rooms.replica() for _ in wanted]
    await asyncio.gather(
        *(
            replica.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=lines))
            for replica, lines in zip(replicas, wanted, strict=True)
        )
    )
    rooms.pricing.meeting = None
    followed: Counter[tuple[str, str]] = Counter()
    for event in await announced(rooms.redis_of("carts"), "carts"):
        line = (event.data["line_id"], event.data["sku"])
        assert (line in followed) == (event.type != LineAdded.type)
        followed[line] = event.data["quantity"]
        if event.type == LineRemoved.type:
            del followed[line]
    now = await rooms.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert followed == {(line.id, line.sku): line.quantity for line in now.lines}


async def announce_abandoned(rooms: Rooms, limit: int = 100) -> int:
    request = AnnounceAbandoned(seconds=int(HOUR.total_seconds()), limit=limit)
    return (await rooms.carts.announce_abandoned(request)).count


async def test_a_cart_that_was_left_is_announced_once_since_its_last_change(
    rooms: Rooms, announcements: Announcements
) -> None:
    cart = await create(rooms, (SHIRT.sku, 2))
    rooms.clock.forward(HOUR - timedelta(milliseconds=1))
    assert await announce_abandoned(rooms) == 0
    rooms.clock.forward(timedelta(milliseconds=1))
    counts = await asyncio.gather(*(announce_abandoned(rooms) for _ in range(5)))
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
    assert await announcements.facts(CartAbandoned) == [left]
    await replace(rooms, cart, contents((SHIRT.sku, 2)))
    rooms.clock.forward(HOUR)
    assert await announce_abandoned(rooms) == 1
    again = (await announcements.facts(CartAbandoned))[1]
    assert again == left.model_copy(update={"buyer_email": None})


async def test_a_cart_that_was_bought_cancelled_or_has_expired_was_not_left(
    rooms: Rooms, announcements: Announcements
) -> None:
    bought, cancelled, expired = [await create(rooms, (SHIRT.sku, 1)) for _ in range(3)]
    await rooms.carts.mark_bought(bought.id, "event_1")
    await rooms.carts.cancel(CancelCart(cart_id=cancelled.id, platform=PLATFORM))
    await rooms.redis_of("carts").delete(f"{{carts}}:cart:{expired.id}")
    rooms.clock.forward(LIFETIME)
    assert await announce_abandoned(rooms) == 1
    assert await announcements.facts(CartAbandoned) == []
    assert await announce_abandoned(rooms) == 0


async def test_many_carts_are_announced_a_batch_at_a_time(
    rooms: Rooms, announcements: Announcements
) -> None:
    carts = [await create(rooms, (SHIRT.sku, 1)) for _ in range(5)]
    rooms.clock.forward(HOUR)
    assert [await announce_abandoned(rooms, limit=2) for _ in range(3)] == [2, 2, 1]
    left = await announcements.facts(CartAbandoned)
    assert Counter(fact.cart_id for fact in left) == Counter(cart.id for cart in carts)
