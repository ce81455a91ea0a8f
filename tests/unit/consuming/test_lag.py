"""How far behind a subscriber is, what it needs for that, and how an operator sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest

from commands.lag import age, row
from deployments.foundation.events.lag import Lag, LagMeter, PartitionLag, lag_of
from deployments.foundation.events.lag_scaling import WAITING, LoadAndLagPolicy
from deployments.foundation.events.publishing import Envelope, streams_of
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.sample_services import (
    RunningConsumer,
    SamplePublisher,
    SampleSubscriber,
    subjects,
)


async def measured(subscriber: SampleSubscriber) -> Lag:
    (lag,) = await LagMeter(
        "subscriber", subscriber.redis, {"publisher": subscriber.at_publisher()}
    ).measure()
    return lag


async def test_before_anything_happened_nothing_waits(subscriber: SampleSubscriber) -> None:
    assert await measured(subscriber) == Lag("publisher", 0, 0.0, 0, 0)


async def test_all_events_wait_for_a_subscriber_that_never_ran(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    await publisher.publish(*subjects(30))
    lag = await measured(subscriber)
    assert (lag.waiting, lag.readers) == (30, 0)
    assert 0 <= lag.oldest_seconds < 60


async def test_lag_counts_the_pending_and_the_unread_until_they_took_effect(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    held = asyncio.Event()

    async def hold(_envelope: Envelope) -> None:
        await held.wait()

    subscriber.fault = hold
    running = RunningConsumer(subscriber.consumer())
    await publisher.publish(*subjects(30))

    async def delivered() -> bool:
        return await subscriber.pending() == 30

    await eventually(delivered)
    lag = await measured(subscriber)
    assert (lag.waiting, lag.readers) == (30, 1)
    first = lag.oldest_seconds

    async def older() -> bool:
        return (await measured(subscriber)).oldest_seconds > first

    await eventually(older)
    held.set()

    async def caught_up() -> bool:
        return await measured(subscriber) == Lag("publisher", 0, 0.0, 0, 1)

    await eventually(caught_up)
    await running.stop()
    assert (await measured(subscriber)).readers == 0


async def test_events_are_counted_where_the_server_does_not_know_how_many_wait(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    """As after a deletion behind the group's place, or on a server that was a replica."""
    running = RunningConsumer(subscriber.consumer())
    await publisher.publish(*subjects(30))

    async def caught_up() -> bool:
        return await measured(subscriber) == Lag("publisher", 0, 0.0, 0, 1)

    await eventually(caught_up)
    await running.stop()
    for stream in streams_of("publisher"):
        entries = cast(Any, await publisher.redis.xrange(stream))
        if len(entries) > 2:
            break
    await publisher.redis.xgroup_setid(stream, "subscriber", entries[0][0])
    await publisher.redis.xdel(stream, entries[1][0])
    (group,) = cast(Any, await publisher.redis.xinfo_groups(stream))
    assert group["lag"] is None, "or this shows nothing"
    assert (await measured(subscriber)).waiting == len(entries) - 2


async def test_events_between_attempts_are_counted(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    failed = asyncio.Event()

    async def fail_once(envelope: Envelope) -> None:
        if failed.is_set():
            await asyncio.Event().wait()
        failed.set()
        raise ValueError

    subscriber.fault = fail_once
    await publisher.publish(*subjects(1))
    run(subscriber)

    async def failing() -> bool:
        return (await measured(subscriber)).failing == 1

    await eventually(failing)


def test_the_oldest_event_of_all_partitions_gives_the_age() -> None:
    partitions = [
        PartitionLag(unread=3, oldest="5000-1"),
        PartitionLag(pending=2, oldest="3500-0", failing=1),
        PartitionLag(),
    ]
    assert lag_of("publisher", partitions, readers=2, now_ms=6000) == Lag("publisher", 5, 2.5, 1, 2)
    # The publisher's clock and an id need not agree to the millisecond.
    assert lag_of("publisher", partitions[:1], readers=0, now_ms=4990).oldest_seconds == 0


@dataclass
class Context:
    """What Serve shows a policy, as far as it looks."""

    aggregated_metrics: dict[str, dict[str, float]] | None
    target_num_replicas: int = 3
    total_num_requests: float = 0.0


@pytest.mark.parametrize(
    ("waiting", "replicas"), [(0, 1), (1, 1), (100, 1), (101, 2), (1000, 10), (5000, 50)]
)
def test_replicas_follow_the_lag(waiting: float, replicas: int) -> None:
    context = Context({WAITING: {"one": waiting, "another": waiting / 2}})
    assert LoadAndLagPolicy(events_per_replica=100)(context) == (replicas, {})


@pytest.mark.parametrize(("under_way", "replicas"), [(0, 1), (20, 1), (21, 2), (70, 4)])
def test_replicas_follow_the_requests_where_those_are_more(under_way: float, replicas: int) -> None:
    context = Context({WAITING: {"one": 100.0}}, total_num_requests=under_way)
    policy = LoadAndLagPolicy(requests_per_replica=20, events_per_replica=100)
    assert policy(context) == (replicas, {})


@pytest.mark.parametrize("metrics", [None, {}, {WAITING: {}}])
def test_without_reports_the_replicas_stay(metrics: dict[str, dict[str, float]] | None) -> None:
    assert LoadAndLagPolicy()(Context(metrics)) == (3, {})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (59, "59.0 s"), (60, "1 min"), (5400, "1.5 h"), (2e5, "2.3 d")],
)
def test_ages_are_said_in_their_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


def test_a_line_of_the_table() -> None:
    behind = row("subscriber", Lag("publisher", 5, 61.0, 1, 2), 7)
    assert behind == ["subscriber", "publisher", "5", "1 min", "1", "2", "7"]
    assert row("subscriber", Lag("publisher", 0, 0.0, 0, 2), 0)[3] == "-"
