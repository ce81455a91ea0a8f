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
from deployments.foundation.events.publishing import PARTITIONS, Envelope
from tests.conftest import ClientOf
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.toys import IMPATIENT, Mill, Running, Shelf, eventually, subjects


class Clock:
    """Monotonic seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def own(toy_redis: ClientOf) -> Redis:
    return toy_redis("shelf")


def leases(own: Redis, seconds: float = 60.0, clock: Clock | None = None) -> Leases:
    return Leases(own, "shelf", "mill", seconds=seconds, clock=clock or Clock())


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
    clock = Clock()
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


async def test_a_failure_under_an_old_token_is_refused(own: Redis, toy_redis: ClientOf) -> None:
    old, new = leases(own), leases(own)
    await old.renew()
    stale = old.held[0]
    await old.release([0], leave=True)
    await new.renew()
    stale = Lease(0, stale.token, math.inf, Clock())  # As a process that was stopped sees it.
    journal = Journal("shelf", "mill", own, toy_redis("shelf"))
    delivery = EventDelivery(0, "1-1", "{}")
    for pause in (1.0, None):
        with pytest.raises(LeaseLostError):
            await journal.failed(stale, delivery, 1, pause, ValueError())
    assert await journal.failing(0) == {}
    assert not await own.exists("{shelf}:dead-letters")
    await journal.failed(new.held[0], delivery, 1, None, ValueError())
    assert await own.xlen("{shelf}:dead-letters") == 1


@given(st.integers(1, 40))
def test_fair_shares_cover_everything(readers: int) -> None:
    assert math.ceil(PARTITIONS / readers) * readers >= PARTITIONS


async def test_processes_share_the_partitions_and_take_over_from_who_stops(
    mill: Mill, shelf: Shelf, run: Run
) -> None:
    first = run(shelf)

    async def has_all() -> bool:
        return len(first.partitions) == PARTITIONS

    await eventually(has_all)
    second = run(shelf)

    async def halved() -> bool:
        return len(first.partitions) == len(second.partitions) == PARTITIONS // 2

    await eventually(halved)
    assert not first.partitions & second.partitions
    await second.stop()
    await eventually(has_all)
    await mill.grind(*subjects(100))
    await eventually(lambda: shelf.has(effects=100))


async def test_a_stopping_process_finishes_what_it_handles(mill: Mill, shelf: Shelf) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    shelf.trouble = slowly
    (sack,) = subjects(1)
    running = Running(shelf.consumer())
    await mill.grind(sack, sack)
    await begun.wait()
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert await shelf.kept(sack) == [1]
    assert await shelf.pending() == 1, "the second is left to a successor"


async def test_a_partition_is_handed_over_when_its_handler_has_finished(
    mill: Mill, shelf: Shelf, run: Run
) -> None:
    (sack,) = subjects(1, stream=15)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    shelf.trouble = slowly
    first = run(shelf)
    await mill.grind(sack, sack)
    await begun.wait()
    second = run(shelf)

    async def the_others_went() -> bool:
        return second.partitions >= set(range(8, 15))

    await eventually(the_others_went)
    assert first.partitions == {*range(8), 15}
    go_on.set()
    await eventually(lambda: shelf.has(effects=2))

    async def it_went_too() -> bool:
        return 15 in second.partitions

    await eventually(it_went_too)
    assert await shelf.kept(sack) == [1, 2]
    assert await shelf.figure("calls") == 2


async def test_a_successor_begins_with_what_is_pending(
    mill: Mill, shelf: Shelf, toy_redis: ClientOf
) -> None:
    (sack,) = subjects(1, stream=4)
    await mill.redis.xgroup_create("{mill}:events:4", "shelf", "0", mkstream=True)
    await mill.grind(sack, sack)
    await toy_redis("shelf").xreadgroup("shelf", "reader", {"{mill}:events:4": ">"}, count=1)
    heir = Running(shelf.consumer())
    await eventually(lambda: shelf.has(effects=2))
    await heir.kill()
    assert await shelf.kept(sack) == [1, 2]


async def blocked_clients(admin: Redis) -> int:
    return int((await admin.info("clients"))["blocked_clients"])


async def test_a_read_of_a_reader_that_is_gone_changes_nothing(
    mill: Mill, shelf: Shelf, toy_redis: ClientOf, admin: Redis
) -> None:
    """Its last read waits at the server, and is served before the successor's."""
    (sack,) = subjects(1, stream=4)
    await mill.redis.xgroup_create("{mill}:events:4", "shelf", "0", mkstream=True)
    before = await blocked_clients(admin)
    positions: Any = {"{mill}:events:4": ">"}
    gone: Any = toy_redis("shelf").xreadgroup("shelf", "reader", positions, count=1, block=60_000)
    last_read = asyncio.ensure_future(gone)

    async def waits_at_the_server() -> bool:
        return await blocked_clients(admin) == before + 1

    await eventually(waits_at_the_server)
    successor = Running(shelf.consumer(replace(IMPATIENT, block_seconds=4.0)))

    async def both_wait() -> bool:
        return await blocked_clients(admin) == before + 2

    await eventually(both_wait)
    await mill.grind(sack, sack)
    assert len(await last_read) == 1
    await eventually(lambda: shelf.has(effects=2))
    await successor.kill()
    assert await shelf.kept(sack) == [1, 2]


async def test_a_process_that_was_stopped_too_long_does_nothing_more(
    mill: Mill, shelf: Shelf
) -> None:
    """Its clock jumps while it has events in hand: not one more is handled until it has a lease
    again, under another token."""
    clock = Clock()
    sacks = subjects(5)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def first_one_waits(_envelope: Envelope) -> None:
        begun.set()
        await go_on.wait()

    shelf.trouble = first_one_waits
    slow = replace(IMPATIENT, renew_seconds=3600.0, handlers=1)
    consumer = shelf.consumer(slow)
    reader = consumer.reader("mill")
    reader._leases = Leases(shelf.redis, "shelf", "mill", seconds=10, clock=clock)  # noqa: SLF001
    await mill.grind(*sacks, *sacks)
    stopped = Running(consumer)
    await begun.wait()
    clock.now += 11
    go_on.set()

    async def idle() -> bool:
        return not any(p._tasks for p in reader._partitions.values())  # noqa: SLF001

    await eventually(idle)
    assert await shelf.figure("calls") == 1, "what was begun is finished, and nothing else begun"
    await stopped.kill_and_lapse(shelf.redis)
    heir = Running(shelf.consumer())
    await eventually(lambda: shelf.has(effects=10))
    await heir.kill()
    assert [await shelf.kept(sack) for sack in sacks] == [[1, 2]] * 5


async def test_two_subscriptions_to_one_publisher_are_refused(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="two subscriptions"):
        Consumer(
            "shelf", shelf.redis, lambda _: shelf.redis, [shelf.subscription, shelf.subscription]
        )


async def test_a_flushed_publisher_is_read_again(
    mill: Mill, shelf: Shelf, run: Run, admin: Redis
) -> None:
    """Its groups are gone, as if the server had come back without its latest writes."""
    running = run(shelf)
    await mill.grind(*subjects(3))
    await eventually(lambda: shelf.has(effects=3))
    await admin.delete(*[f"{{mill}}:events:{n}" for n in range(PARTITIONS)])
    await mill.grind(*subjects(3))
    await eventually(lambda: shelf.has(effects=6))
    assert not running.task.done()
