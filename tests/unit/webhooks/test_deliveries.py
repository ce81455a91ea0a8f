"""What a platform receives: its orders, whole, in order, once an event, and to nobody else."""

from __future__ import annotations

import itertools
import time
import uuid
from typing import Any

import pytest

from deployments.orders.contract import GetOrder, ShipmentState
from deployments.webhooks.contract import RemoveEndpoint
from deployments.webhooks.domain import DeliveryOutcome
from tests.published_events import entries_of
from tests.ucp_schemas import assert_valid
from tests.unit.consuming.toys import eventually
from tests.unit.webhooks.receiver import Receiver, receiver
from tests.unit.webhooks.world import World


async def took(hooks: Receiver, count: int) -> None:
    async def enough() -> bool:
        return len(hooks.taken) >= count

    await eventually(enough)


async def test_every_change_brings_the_whole_order(world: World, hooks: Receiver) -> None:
    await world.register(hooks.url)
    async with world.running():
        id_ = await world.place()
        await took(hooks, 1)
        await world.refund(number=1)
        await took(hooks, 2)
        await world.refund(number=2)
        await took(hooks, 3)
    for received in hooks.taken:
        assert_valid("order", received.order)
        assert received.order["id"] == id_
    assert [len(one.order["adjustments"]) for one in hooks.taken] == [0, 1, 2]
    assert len({one.id for one in hooks.taken}) == 3


async def shown(world: World, order_id: str) -> dict[str, Any]:
    """What a reader of an order sees."""
    return (await world.orders.render(GetOrder(order_id=order_id, platform="acme"))).body


async def test_each_delivery_brings_news_and_the_last_all_there_is(
    world: World, hooks: Receiver
) -> None:
    """Whatever happened before an event was consumed: of two parcels both may have arrived."""
    await world.register(hooks.url)
    states: tuple[ShipmentState, ...] = ("processing", "shipped", "delivered")
    id_ = await world.place()
    for state in states:
        await world.move("parcel_1", state)
    await world.pay()
    async with world.running():
        await took(hooks, 1)
        for state in states:
            await world.move("parcel_2", state)

            async def is_told() -> bool:
                return bool(hooks.taken[-1].order == await shown(world, id_))

            await eventually(is_told)
        await world.refund()
        await eventually(is_told)
        await world.queued()
    bodies = [one.body for one in hooks.taken]
    assert all(before != after for before, after in itertools.pairwise(bodies))
    assert hooks.taken[-1].order == await shown(world, id_)


async def test_that_a_parcel_is_prepared_is_told(world: World, hooks: Receiver) -> None:
    await world.register(hooks.url)
    async with world.running():
        await world.place()
        await took(hooks, 1)
        await world.move("parcel_1", "processing")
        await took(hooks, 2)
    events = hooks.taken[1].order["fulfillment"]["events"]
    assert [event["type"] for event in events] == ["processing"]


@pytest.mark.parametrize("end", ["gave up", "dropped"])
async def test_what_an_endpoint_was_not_told_after_all_is_told_again(
    world: World, hooks: Receiver, end: str
) -> None:
    await world.register(hooks.url)
    await world.place()
    await world.queued()
    if end == "dropped":
        assert await world.store.drop("1", world.clock()) == "dropped"
    else:
        (claim,) = (await world.store.claim(1, world.clock())).claims
        outcome = DeliveryOutcome("dead", world.clock())
        assert await world.store.finish(claim, outcome, "answered 500", world.clock())
    await world.pay()
    await world.queued()
    assert await world.waiting() == 1


async def test_headers_are_those_of_standard_webhooks_and_ucp(
    world: World, hooks: Receiver
) -> None:
    await world.register(hooks.url)
    async with world.running():
        await world.place()
        await took(hooks, 1)
    headers = hooks.taken[0].headers
    assert str(uuid.UUID(headers["webhook-id"])) == headers["webhook-id"]
    assert headers["idempotency-key"] == headers["webhook-id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["ucp-agent"] == 'profile="https://store.example/.well-known/ucp"'
    assert headers["content-type"] == "application/json"


async def test_every_endpoint_of_the_platform_gets_it_and_no_other(
    world: World, hooks: Receiver
) -> None:
    async with receiver() as second, receiver() as stranger:
        await world.register(hooks.url)
        await world.register(second.url)
        await world.register(stranger.url, platform="other")
        async with world.running():
            await world.place()
            await took(hooks, 1)
            await took(second, 1)
        assert hooks.taken[0].id == second.taken[0].id
        assert hooks.taken[0].body == second.taken[0].body
        assert stranger.received == []


async def test_a_platform_without_endpoints_costs_no_call(world: World) -> None:
    await world.place()
    await world.refund()
    await world.queued()
    assert (world.orders.asked, await world.waiting()) == (0, 0)


async def test_an_event_that_is_consumed_again_is_not_sent_again(
    world: World, hooks: Receiver
) -> None:
    await world.register(hooks.url)
    await world.place()
    await world.queued()
    redis = world.redis_of("orders")
    for n in range(16):
        stream = f"{{orders}}:events:{n}"
        for fields in await entries_of(redis, stream):
            await redis.xadd(stream, fields)  # type: ignore[arg-type]
    await world.queued()
    assert await world.waiting() == 1
    async with world.dispatching():
        await took(hooks, 1)


async def test_nothing_is_left_of_what_was_delivered(world: World, hooks: Receiver) -> None:
    endpoint = await world.register(hooks.url)
    await world.place()
    await world.queued()
    await world.refund()
    await world.queued()
    async with world.dispatching():
        await took(hooks, 2)
        await eventually(lambda: _is(world.waiting(), 0))
    kinds = {key.split(":")[1] for key in await world.left()}
    assert not kinds & {"delivery", "queue", "due", "claims", "ready", "waiting", "dead"}
    (shown,) = await world.endpoints()
    assert (shown.id, shown.state, shown.waiting) == (endpoint.id, "active", 0)
    assert shown.last_success_at is not None


async def test_a_withdrawn_order_is_not_sent(world: World, hooks: Receiver) -> None:
    await world.register(hooks.url)
    await world.place()
    await world.withdraw()
    await world.queued()
    assert await world.waiting() == 0


async def test_what_was_not_sent_yet_is_dropped_when_the_order_is_withdrawn(
    world: World, hooks: Receiver
) -> None:
    await world.register(hooks.url)
    await world.place()
    await world.place("s2")
    await world.queued()
    assert await world.waiting() == 2
    await world.withdraw()
    await world.queued()
    assert await world.waiting() == 1
    async with world.dispatching():
        await took(hooks, 1)
    assert [one.order["id"] for one in hooks.received] == ["order_s2"]


async def test_what_waits_for_an_endpoint_ends_with_it(world: World, hooks: Receiver) -> None:
    async with receiver() as other:
        endpoint = await world.register(hooks.url)
        await world.register(other.url)
        await world.place()
        await world.place("s2")
        await world.queued()
        await world.service.remove(RemoveEndpoint(platform="acme", endpoint_id=endpoint.id))
        async with world.dispatching():
            await took(other, 2)
            await eventually(lambda: _is(_traces(world, endpoint.id), 0))
        assert hooks.received == []
        assert len([one for one in await world.left() if ":delivery:" in one]) == 0


async def _traces(world: World, endpoint: str) -> int:
    """What is kept about an endpoint but for what it was told, which lapses by itself."""
    return len([key for key in await world.left() if endpoint in key and ":told:" not in key])


async def _is(found: object, wanted: object) -> bool:
    return bool(await found == wanted)  # type: ignore[misc]


@pytest.mark.parametrize("path", ["/hooks?a=1&b=%20c", "/", "", "/a/b%2Fc"])
async def test_the_url_is_used_as_it_was_registered(world: World, path: str) -> None:
    async with receiver(path) as hooks:
        await world.register(hooks.url)
        async with world.running():
            await world.place()
            await took(hooks, 1)
        assert hooks.taken[0].url.removesuffix("/") == hooks.url.removesuffix("/")
