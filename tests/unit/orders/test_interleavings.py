"""However the events of different services are mixed, and whoever consumes them, the order is
the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.foundation.events.publishing import Envelope
from deployments.orders.contract.order import Order
from deployments.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderProcessing,
    OrderRefunded,
    OrderShipped,
)
from deployments.orders.service import OrdersService
from deployments.orders.wire import order_json
from tests.conftest import ClientOf
from tests.published_events import published
from tests.ucp_schemas import assert_valid
from tests.unit.orders.sample_events import captured, consume, in_turn, refunded, shipment
from tests.unit.orders.sample_orders import order, undo, wanted

SHIPMENTS = {"a": {"line_1": 1}, "b": {"line_1": 1, "line_2": 1}}
EXPECTED = {
    OrderPlaced.type: 1,
    OrderPaid.type: 1,
    OrderRefunded.type: 2,
    OrderProcessing.type: 2,
    OrderShipped.type: 2,
    OrderDelivered.type: 2,
}
_numbers = count()


def sequences(saga: str) -> list[list[Envelope]]:
    """The events of the payment and of each shipment, each in their own order."""
    payment = in_turn(captured(saga), refunded(500, saga=saga), refunded(100, 600, saga))
    ids = {name: f"{name}_{saga}" for name in SHIPMENTS}
    return [payment, *(shipment(ids[name], SHIPMENTS[name], saga) for name in SHIPMENTS)]


def merged(each: Sequence[Sequence[Envelope]], turns: Sequence[int]) -> list[Envelope]:
    """All of them, with whose turn it is as drawn."""
    left = [iter(one) for one in each]
    return [next(left[turn]) for turn in turns]


turns = st.permutations([0] * 3 + [1] * 3 + [2] * 3)
whole = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def without_sequence(found: Order) -> Order:
    """What does not depend on the order in which events became known."""
    entries = sorted(found.history, key=lambda entry: (entry.at, entry.model_dump_json()))
    return found.model_copy(update={"history": tuple(entries)})


def anonymous(found: Order, saga: str) -> Order:
    text = without_sequence(found).model_dump_json().replace(saga, "saga")
    return Order.model_validate_json(text.replace(found.label, "label"))


@pytest.fixture
async def reference(orders: OrdersService) -> Order:
    """The order when all sequences are consumed one after another."""
    await orders.place(order("x-x"))
    for each in sequences("x-x"):
        await consume(orders, *each)
    return anonymous(await orders.get(wanted("x-x")), "x-x")


async def judge(orders: OrdersService, redis_of: ClientOf, saga: str, reference: Order) -> None:
    found = await orders.get(wanted(saga))
    assert anonymous(found, saga) == reference
    assert_valid("order", order_json(found))
    events = await published(redis_of("orders"), "orders")
    about = [event for event in events if event.subject == f"order_{saga}"]
    assert Counter(event.type for event in about) == EXPECTED
    complete = [event.type for event in about if event.data.get("complete")]
    assert sorted(complete) == sorted(
        [OrderProcessing.type, OrderShipped.type, OrderDelivered.type]
    )


@given(turns=turns, again=st.lists(st.integers(0, 8), max_size=4))
@whole
async def test_any_mixture_ends_in_the_same_order(
    orders: OrdersService,
    redis_of: ClientOf,
    reference: Order,
    turns: list[int],
    again: list[int],
) -> None:
    saga = f"x{next(_numbers)}x"
    await orders.place(order(saga))
    events = merged(sequences(saga), turns)
    for number, envelope in enumerate(events):
        await consume(orders, envelope, *(events[n] for n in again if n <= number))
        assert_valid("order", order_json(await orders.get(wanted(saga))))
    await judge(orders, redis_of, saga, reference)


@given(twice=st.booleans())
@settings(parent=whole, max_examples=10)
async def test_services_that_tell_at_once_end_in_the_same_order(
    orders: OrdersService, redis_of: ClientOf, reference: Order, *, twice: bool
) -> None:
    """As two consumers do it: a subject's events one after another, subjects side by side."""
    saga = f"x{next(_numbers)}x"
    await orders.place(order(saga))
    readers = sequences(saga) * (2 if twice else 1)
    await asyncio.gather(*(consume(orders, *each) for each in readers))
    await judge(orders, redis_of, saga, reference)


async def test_nothing_is_published_after_a_withdrawal_that_comes_at_the_same_time(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    for number in range(20):
        saga = f"x{number}x"
        await orders.place(order(saga))
        at_once = [consume(orders, *each) for each in sequences(saga)]
        withdrawal = orders.withdraw(undo(saga))
        await asyncio.gather(*at_once[: number % 4], withdrawal, *at_once[number % 4 :])
    last = {event.subject: event.type for event in await published(redis_of("orders"), "orders")}
    assert set(last.values()) == {OrderCancelled.type}
    assert len(last) == 20
