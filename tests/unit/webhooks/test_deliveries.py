"""What a platform receives: its orders, whole, in order, once an event, and to nobody else."""

from __future__ import annotations

import itertools
import time
import uuid
from typing import Any

import pytest

from deployments.orders.contract import GetOrder
from deployments.orders.contract.order import ShipmentState
from deployments.orders.events import OrderProcessing
from deployments.webhooks.contract import RemoveEndpoint
from deployments.webhooks.domain import DeliveryOutcome, DeliverySource
from tests.eventually import eventually
from tests.published_events import entries_of
from tests.ucp_schemas import assert_valid
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Receiver, receiver


async def took(hooks: Receiver, count: int) -> None:
    async def enough() -> bool:
        return len(hooks.taken) >= count

    await eventually(enough)


async def test_every_change_brings_the_whole_order(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await webhooks.register(hooks.url)
    async with webhooks.running():
        id_ = await webhooks.place()
        await took(hooks, 1)
        await webhooks.refund(number=1)
        await took(hooks, 2)
        await webhooks.refund(number=2)
        await took(hooks, 3)
    for received in hooks.taken:
        assert_valid("order", received.order)
        assert received.order["id"] == id_
    assert [len(one.order["adjustments"]) for one in hooks.taken] == [0, 1, 2]
    assert len({one.id for one in hooks.taken}) == 3


async def shown(webhooks: ComposedWebhooks, order_id: str) -> dict[str, Any]:
    """What a reader of an order sees."""
    return (await webhooks.orders.render(GetOrder(order_id=order_id, platform="acme"))).body


async def test_each_delivery_brings_news_and_the_last_all_there_is(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    """Whatever happened before an event was consumed: of two parcels both may have arrived."""
    await webhooks.register(hooks.url)
    states: tuple[ShipmentState, ...] = ("processing", "shipped", "delivered")
    id_ = await webhooks.place()
    for state in states:
        await webhooks.move("parcel_1", state)
    await webhooks.pay()
    async with webhooks.running():
        await took(hooks, 1)
        for state in states:
            await webhooks.move("parcel_2", state)

            async def is_told() -> bool:
                return bool(hooks.taken[-1].order == await shown(webhooks, id_))

            await eventually(is_told)
        await webhooks.refund()
        await eventually(is_told)
        await webhooks.queued()
    bodies = [one.body for one in hooks.taken]
    assert all(before != after for before, after in itertools.pairwise(bodies))
    assert hooks.taken[-1].order == await shown(webhooks, id_)


async def test_a_payment_is_no_news(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.queued()
    asked = webhooks.orders.asked
    await webhooks.pay()
    await webhooks.queued()
    assert (webhooks.orders.asked, await webhooks.waiting()) == (asked, 1)


async def test_that_a_parcel_is_prepared_is_told(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await webhooks.register(hooks.url)
    async with webhooks.running():
        await webhooks.place()
        await took(hooks, 1)
        await webhooks.move("parcel_1", "processing")
        await took(hooks, 2)
    events = hooks.taken[1].order["fulfillment"]["events"]
    assert [event["type"] for event in events] == ["processing"]


@pytest.mark.parametrize("end", ["gave up", "dropped"])
async def test_what_an_endpoint_was_not_told_after_all_is_told_again(
    webhooks: ComposedWebhooks, hooks: Receiver, end: str
) -> None:
    await webhooks.register(hooks.url)
    id_ = await webhooks.place()
    await webhooks.queued()
    if end == "dropped":
        assert await webhooks.store.drop("1", webhooks.clock()) == "dropped"
    else:
        (claim,) = (await webhooks.store.claim(1, webhooks.clock())).claims
        outcome = DeliveryOutcome("dead", webhooks.clock())
        assert await webhooks.store.finish(claim, outcome, "answered 500", webhooks.clock())
    # An event of which nothing shows in the order, or only what was read with an earlier one.
    later = DeliverySource("later", OrderProcessing.type, webhooks.clock())
    await webhooks.service.order_changed(later, "acme", id_)
    assert await webhooks.waiting() == 1


async def test_headers_are_those_of_standard_webhooks_and_ucp(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await webhooks.register(hooks.url)
    async with webhooks.running():
        await webhooks.place()
        await took(hooks, 1)
    headers = hooks.taken[0].headers
    assert str(uuid.UUID(headers["webhook-id"])) == headers["webhook-id"]
    assert headers["idempotency-key"] == headers["webhook-id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["ucp-agent"] == 'profile="https://store.example/.well-known/ucp"'
    assert headers["content-type"] == "application/json"


async def test_every_endpoint_of_the_platform_gets_it_and_no_other(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    async with receiver() as second, receiver() as stranger:
        await webhooks.register(hooks.url)
        await webhooks.register(second.url)
        await webhooks.register(stranger.url, platform="other")
        async with webhooks.running():
            await webhooks.place()
            await took(hooks, 1)
            await took(second, 1)
        assert hooks.taken[0].id == second.taken[0].id
        assert hooks.taken[0].body == second.taken[0].body
        assert stranger.received == []


async def test_a_platform_without_endpoints_costs_no_call(webhooks: ComposedWebhooks) -> None:
    await webhooks.place()
    await webhooks.refund()
    await webhooks.queued()
    assert (webhooks.orders.asked, await webhooks.waiting()) == (0, 0)


async def test_an_event_that_is_consumed_again_is_not_sent_again(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.queued()
    redis = webhooks.redis_of("orders")
    for n in range(16):
        stream = f"{{orders}}:events:{n}"
        for fields in await entries_of(redis, stream):
            await redis.xadd(stream, fields)  # type: ignore[arg-type]
    await webhooks.queued()
    assert await webhooks.waiting() == 1
    async with webhooks.dispatching():
        await took(hooks, 1)


async def test_nothing_is_left_of_what_was_delivered(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    endpoint = await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.queued()
    await webhooks.refund()
    await webhooks.queued()
    async with webhooks.dispatching():
        await took(hooks, 2)
        await eventually(lambda: _is(webhooks.waiting(), 0))
    kinds = {key.split(":")[1] for key in await webhooks.left()}
    assert not kinds & {"delivery", "queue", "due", "claims", "ready", "waiting", "dead"}
    (shown,) = await webhooks.endpoints()
    assert (shown.id, shown.state, shown.waiting) == (endpoint.id, "active", 0)
    assert shown.last_success_at is not None


async def test_a_withdrawn_order_is_not_sent(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.withdraw()
    await webhooks.queued()
    assert await webhooks.waiting() == 0


async def test_what_was_not_sent_yet_is_dropped_when_the_order_is_withdrawn(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.place("s2")
    await webhooks.queued()
    assert await webhooks.waiting() == 2
    await webhooks.withdraw()
    await webhooks.queued()
    assert await webhooks.waiting() == 1
    async with webhooks.dispatching():
        await took(hooks, 1)
    assert [one.order["id"] for one in hooks.received] == ["order_s2"]


async def test_what_waits_for_an_endpoint_ends_with_it(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    async with receiver() as other:
        endpoint = await webhooks.register(hooks.url)
        await webhooks.register(other.url)
        await webhooks.place()
        await webhooks.place("s2")
        await webhooks.queued()
        await webhooks.service.remove(RemoveEndpoint(platform="acme", endpoint_id=endpoint.id))
        async with webhooks.dispatching():
            await took(other, 2)
            await eventually(lambda: _is(_traces(webhooks, endpoint.id), 0))
        assert hooks.received == []
        assert len([one for one in await webhooks.left() if ":delivery:" in one]) == 0


async def _traces(webhooks: ComposedWebhooks, endpoint: str) -> int:
    return len([key for key in await webhooks.left() if endpoint in key])


async def _is(found: object, wanted: object) -> bool:
    return bool(await found == wanted)  # type: ignore[misc]


@pytest.mark.parametrize("path", ["/hooks?a=1&b=%20c", "/", "", "/a/b%2Fc"])
async def test_the_url_is_used_as_it_was_registered(webhooks: ComposedWebhooks, path: str) -> None:
    async with receiver(path) as hooks:
        await webhooks.register(hooks.url)
        async with webhooks.running():
            await webhooks.place()
            await took(hooks, 1)
        assert hooks.taken[0].url.removesuffix("/") == hooks.url.removesuffix("/")
