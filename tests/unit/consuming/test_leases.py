"""A partition has one reader at a time, and whoever lost its lease does nothing more."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.journal import EventDelivery, Journal
from deployments.foundation.events.leases import Lease, LeaseLostError, Leases
from deployments.foundation.events.publishing import Envelope
from deployments.foundation.values.partitions import PARTITIONS
from tests.clock import SecondsClock
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.sample_services import (
    FAST_OPTIONS,
    RunningConsumer,
    SamplePublisher,
    SampleSubscriber,
    subjects,
)


@pytest.fixture
def own(sample_redis: ClientOf) -> Redis:
    return sample_redis("subscriber")


def leases(own: Redis, seconds: float = 60.0, clock: SecondsClock | None = None) -> Leases:
    return Leases(own, "subscriber", "publisher", seconds=seconds, clock=clock or SecondsClock())


async def test_leases_are_shared_out_evenly_and_never_twice(own: Redis) -> None:
    everybody = [leases(own) for _ in range(5)]
    for _ in range(4):
        for each in everybody:
            share = await each.renew()
            staying = sorted(each.held)[:share]
            await each.release(set(each.held) - set(staying))
            held = [n for every in everybody for n in every.held]
            assert len(held) == len(set(held))
    assert sorted(len(each.held) for each in everybody) == [0, 4, 4, 4, 4]
    assert {n for every in everybody for n in every.held} == set(range(PARTITIONS))


async def test_more_readers_than_partitions_leave_some_without(own: Redis) -> None:
    everybody = [leases(own) for _ in range(20)]
    for _ in range(2):
        for each in everybody:
            share = await each.renew()
            await each.release(sorted(each.held)[share:])
    assert sorted(len(each.held) for each in everybody) == [0] * 4 + [1] * PARTITIONS


async def test_who_leaves_is_succeeded_at_once_under_higher_tokens(own: Redis) -> None:
    first, second = leases(own), leases(own)
    await first.renew()
    tokens = {n: lease.token for n, lease in first.held.items()}
    await second.renew()
    assert second.held == {}
    await first.release(list(first.held), leave=True)
    await second.renew()
    assert {n: lease.token - 1 for n, lease in second.held.items()} == tokens


async def test_nobody_takes_more_of_what_is_free_than_its_share(own: Redis) -> None:
    first, second, third = leases(own), leases(own), leases(own)
    for each in (first, second, third):
        await each.renew()
    await first.release(list(first.held))
    assert await second.renew() == 6
    assert await third.renew() == 6
    assert (len(second.held), len(third.held)) == (6, 6)


async def test_who_does_not_renew_is_succeeded(own: Redis) -> None:
    dead, heir = leases(own, seconds=0.05), leases(own)
    await dead.renew()
    assert len(dead.held) == PARTITIONS

    async def inherited() -> bool:
        await heir.renew()
        return len(heir.held) == PARTITIONS

    await eventually(inherited)


async def test_a_lease_ends_by_the_holders_own_clock_and_stays_lost(own: Redis) -> None:
    clock = SecondsClock()
    mine = leases(own, seconds=10.0, clock=clock)
    await mine.renew()
    lease = mine.held[3]
    clock.now += 9.9
    lease.check()
    clock.now += 0.1
    with pytest.raises(LeaseLostError):
        lease.check()
    lease.extend(clock.now + 10)
    assert not lease.valid
    await mine.renew()
    assert mine.held[3] is not lease
    assert (mine.held[3].token, mine.held[3].valid) == (lease.token + 1, True)


async def test_what_is_forgotten_is_granted_under_other_tokens(own: Redis) -> None:
    mine = leases(own)
    await mine.renew()
    before = dict(mine.held)
    mine.forget()
    await mine.renew()
    assert all(mine.held[n].token == lease.token + 1 for n, lease in before.items())
    assert not any(lease.valid for lease in before.values())


async def test_a_failure_under_an_old_token_is_refused(own: Redis, sample_redis: ClientOf) -> None:
    old, new = leases(own), leases(own)
    await old.renew()
    stale = old.held[0]
    await old.release([0], leave=True)
    await new.renew()
    stale = Lease(
        0, stale.token, math.inf, SecondsClock()
    )  # As a process that was stopped sees it.
    journal = Journal("subscriber", "publisher", own, sample_redis("subscriber"))
    delivery = EventDelivery(0, "1-1", "{}")
    for pause in (1.0, None):
        with pytest.raises(LeaseLostError):
            await journal.failed(stale, delivery, 1, pause, ValueError())
    assert await journal.failing(0) == {}
    assert not await own.exists("{subscriber}:dead-letters")
    await journal.failed(new.held[0], delivery, 1, None, ValueError())
    assert await own.xlen("{subscriber}:dead-letters") == 1


@given(st.integers(1, 40))
def test_fair_shares_cover_everything(readers: int) -> None:
    assert math.ceil(PARTITIONS / readers) * readers >= PARTITIONS


async def test_processes_share_the_partitions_and_take_over_from_who_stops(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    first = run(subscriber)

    async def has_all() -> bool:
        return len(first.partitions) == PARTITIONS

    await eventually(has_all)
    second = run(subscriber)

    async def halved() -> bool:
        return len(first.partitions) == len(second.partitions) == PARTITIONS // 2

    await eventually(halved)
    assert not first.partitions & second.partitions
    await second.stop()
    await eventually(has_all)
    await publisher.publish(*subjects(100))
    await eventually(lambda: subscriber.has(effects=100))


async def test_a_stopping_process_finishes_what_it_handles(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    subscriber.fault = slowly
    (item,) = subjects(1)
    running = RunningConsumer(subscriber.consumer())
    await publisher.publish(item, item)
    await begun.wait()
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert await subscriber.handled(item) == [1]
    assert await subscriber.pending() == 1, "the second is left to a successor"


async def test_a_partition_is_handed_over_when_its_handler_has_finished(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    (item,) = subjects(1, stream=15)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    subscriber.fault = slowly
    first = run(subscriber)
    await publisher.publish(item, item)
    await begun.wait()
    second = run(subscriber)

    async def the_others_went() -> bool:
        return second.partitions >= set(range(8, 15))

    await eventually(the_others_went)
    assert first.partitions == {*range(8), 15}
    go_on.set()
    await eventually(lambda: subscriber.has(effects=2))

    async def it_went_too() -> bool:
        return 15 in second.partitions

    await eventually(it_went_too)
    assert await subscriber.handled(item) == [1, 2]
    assert await subscriber.figure("calls") == 2


async def test_a_successor_begins_with_what_is_pending(
    publisher: SamplePublisher, subscriber: SampleSubscriber, sample_redis: ClientOf
) -> None:
    (item,) = subjects(1, stream=4)
    await publisher.redis.xgroup_create("{publisher}:events:4", "subscriber", "0", mkstream=True)
    await publisher.publish(item, item)
    await sample_redis("subscriber").xreadgroup(
        "subscriber", "reader", {"{publisher}:events:4": ">"}, count=1
    )
    heir = RunningConsumer(subscriber.consumer())
    await eventually(lambda: subscriber.has(effects=2))
    await heir.kill()
    assert await subscriber.handled(item) == [1, 2]


async def blocked_clients(admin: Redis) -> int:
    return int((await admin.info("clients"))["blocked_clients"])


async def test_a_read_of_a_reader_that_is_gone_changes_nothing(
    publisher: SamplePublisher, subscriber: SampleSubscriber, sample_redis: ClientOf, admin: Redis
) -> None:
    """Its last read waits at the server, and is served before the successor's."""
    (item,) = subjects(1, stream=4)
    await publisher.redis.xgroup_create("{publisher}:events:4", "subscriber", "0", mkstream=True)
    before = await blocked_clients(admin)
    positions: Any = {"{publisher}:events:4": ">"}
    gone: Any = sample_redis("subscriber").xreadgroup(
        "subscriber", "reader", positions, count=1, block=60_000
    )
    last_read = asyncio.ensure_future(gone)

    async def waits_at_the_server() -> bool:
        return await blocked_clients(admin) == before + 1

    await eventually(waits_at_the_server)
    successor = RunningConsumer(subscriber.consumer(replace(FAST_OPTIONS, block_seconds=4.0)))

    async def both_wait() -> bool:
        return await blocked_clients(admin) == before + 2

    await eventually(both_wait)
    await publisher.publish(item, item)
    assert len(await last_read) == 1
    await eventually(lambda: subscriber.has(effects=2))
    await successor.kill()
    assert await subscriber.handled(item) == [1, 2]


async def test_a_process_that_was_stopped_too_long_does_nothing_more(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    """Its clock jumps while it has events in hand: not one more is handled until it has a lease
    again, under another token."""
    clock = SecondsClock()
    items = subjects(5)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def first_one_waits(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    subscriber.fault = first_one_waits
    slow = replace(FAST_OPTIONS, renew_seconds=3600.0, handlers=1)
    consumer = subscriber.consumer(slow)
    reader = consumer.reader("publisher")
    reader._leases = Leases(subscriber.redis, "subscriber", "publisher", seconds=10, clock=clock)  # noqa: SLF001
    await publisher.publish(*items, *items)
    stopped = RunningConsumer(consumer)
    await begun.wait()
    clock.now += 11
    go_on.set()

    async def idle() -> bool:
        return not any(p._tasks for p in reader._partitions.values())  # noqa: SLF001

    await eventually(idle)
    assert await subscriber.figure("calls") == 1, (
        "what was begun is finished, and nothing else begun"
    )
    await stopped.kill_and_lapse(subscriber.redis)
    heir = RunningConsumer(subscriber.consumer())
    await eventually(lambda: subscriber.has(effects=10))
    await heir.kill()
    assert [await subscriber.handled(item) for item in items] == [[1, 2]] * 5


async def test_two_subscriptions_to_one_publisher_are_refused(subscriber: SampleSubscriber) -> None:
    with pytest.raises(ValueError, match="two subscriptions"):
        Consumer(
            "subscriber",
            subscriber.redis,
            lambda _: subscriber.redis,
            [subscriber.subscription, subscriber.subscription],
        )


async def test_a_flushed_publisher_is_read_again(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run, admin: Redis
) -> None:
    """Its groups are gone, as if the server had come back without its latest writes."""
    running = run(subscriber)
    await publisher.publish(*subjects(3))
    await eventually(lambda: subscriber.has(effects=3))
    await admin.delete(*[f"{{publisher}}:events:{n}" for n in range(PARTITIONS)])
    await publisher.publish(*subjects(3))
    await eventually(lambda: subscriber.has(effects=6))
    assert not running.task.done()
