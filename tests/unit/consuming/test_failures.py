"""Events whose handlers fail: they are tried again, and hold up their own subject alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.publishing import Envelope, stream_of
from deployments.foundation.events.subscriptions import RetryPolicy
from deployments.foundation.values.backoff import Backoff
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.failing import letters_are, poisonous
from tests.unit.consuming.sample_services import (
    FAST_OPTIONS,
    RunningConsumer,
    SamplePublisher,
    SampleSubscriber,
    subjects,
)


async def test_a_poison_event_is_given_up_and_its_subject_goes_on(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    bad, good = subjects(2, stream=5)
    subscriber.fault = poisonous(bad, sequence=2)
    run(subscriber)
    await publisher.publish(bad, bad, bad, good)
    await eventually(lambda: subscriber.has(effects=3))

    assert await subscriber.handled(bad) == [1, 3]
    (letter,) = await DeadLetters("subscriber", subscriber.redis).oldest()
    assert (letter.fields["publisher"], letter.fields["partition"]) == ("publisher", "5")
    assert letter.attempts == 3
    assert letter.error.startswith("BrokenError: of redis://…@host (consuming/failing.py:")
    assert not letter.replaying
    assert sorted(subscriber.tries.values()) == [1, 1, 1, 3]

    async def settled() -> bool:
        return not await subscriber.pending() and not await subscriber.redis.exists(
            "{subscriber}:consumer:publisher:5:failing"
        )

    await eventually(settled)


async def test_only_the_subject_of_a_failing_event_waits(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    bad, *good = subjects(50, stream=3)
    pausing, recovered = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        pausing.set()
        await recovered.wait()

    subscriber.fault = poisonous(bad)
    running = RunningConsumer(subscriber.consumer(replace(FAST_OPTIONS, sleep=sleep)))
    await publisher.publish(bad, bad)
    await pausing.wait()
    await publisher.publish(*good)
    await eventually(lambda: subscriber.has(effects=49))
    assert await subscriber.handled(bad) == []

    subscriber.fault = None
    recovered.set()
    await eventually(lambda: subscriber.has(effects=51))
    assert await subscriber.handled(bad) == [1, 2]
    await running.kill()


async def test_pauses_grow_and_a_successor_goes_on_counting(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    (bad,) = subjects(1)
    pauses: list[float] = []
    died = asyncio.Event()

    async def die(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            died.set()
            await asyncio.Event().wait()

    async def live(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    patient = SampleSubscriber(
        subscriber.redis,
        subscriber.at_publisher,
        retry=RetryPolicy(attempts=5, backoff=Backoff(first=10.0, longest=60.0)),
    )
    patient.fault = poisonous(bad)
    await publisher.publish(bad)
    first = RunningConsumer(patient.consumer(replace(FAST_OPTIONS, sleep=die)))
    await died.wait()
    await first.kill_and_lapse(patient.redis)

    second = RunningConsumer(patient.consumer(replace(FAST_OPTIONS, sleep=live)))
    await letters_are(patient, 1)
    await second.kill()
    assert sum(patient.tries.values()) == 5
    assert pauses[:2] == [10.0, 20.0]
    assert 15.0 < pauses[2] <= 20.0, "what is left of the pause that the first one died in"
    assert pauses[3:] == [40.0, 60.0]


async def test_an_event_that_was_given_up_is_not_tried_again_by_a_successor(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    """The reader died between the dead letter and the acknowledgement."""
    (bad,) = subjects(1)
    subscriber.fault = poisonous(bad)
    await publisher.publish(bad)
    first = RunningConsumer(subscriber.consumer())
    journal = first.consumer.reader("publisher")._journal  # noqa: SLF001 - to die at that moment.
    died = asyncio.Event()

    async def die(stream: str, entries: Sequence[str]) -> None:
        died.set()
        await asyncio.Event().wait()

    journal.acknowledgements.now = die  # type: ignore[method-assign]
    await died.wait()
    await first.kill_and_lapse(subscriber.redis)
    second = RunningConsumer(subscriber.consumer())

    async def acknowledged() -> bool:
        return await subscriber.pending() == 0

    await eventually(acknowledged)
    await second.kill()
    assert await DeadLetters("subscriber", subscriber.redis).count() == 1
    assert sum(subscriber.tries.values()) == 3


async def test_a_handler_that_hangs_has_failed(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    slow, quick = subjects(2, stream=1)

    async def hang(envelope: Envelope) -> None:
        if envelope.subject == slow:
            await asyncio.Event().wait()

    subscriber.fault = hang
    subscriber.subscription = replace(subscriber.subscription, handler_seconds=0.01)
    run(subscriber)
    await publisher.publish(slow, quick)
    await letters_are(subscriber, 1)
    await eventually(lambda: subscriber.has(effects=1))
    (letter,) = await DeadLetters("subscriber", subscriber.redis).oldest()
    assert letter.error.startswith("TimeoutError")


async def test_a_handler_cancelled_from_within_has_failed(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    async def give_up(_envelope: Envelope) -> None:
        raise asyncio.CancelledError

    subscriber.fault = give_up
    run(subscriber)
    await publisher.publish(*subjects(1))
    await letters_are(subscriber, 1)


async def test_what_was_settled_before_a_crash_is_forgotten(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    """A process died between acknowledging an event, or dropping a letter, and forgetting that it
    had failed before."""
    (subject,) = subjects(1, stream=4)
    first = RunningConsumer(subscriber.consumer())
    await publisher.publish(subject)

    async def settled() -> bool:
        return await subscriber.has(effects=1) and await subscriber.pending() == 0

    await eventually(settled)
    await first.stop()
    ((entry, _),) = cast(Any, await publisher.redis.xrange("{publisher}:events:4"))
    key = "{subscriber}:consumer:publisher:4:failing"
    failure = '{"attempts": 1, "due": 0}'
    await subscriber.redis.hset(key, mapping={entry: failure, "letter 1764000000000-0": failure})
    run(subscriber)

    async def forgotten() -> bool:
        return not await subscriber.redis.exists(key)

    await eventually(forgotten)


@given(st.integers(1, 50), st.floats(0.001, 10), st.floats(10, 1000))
def test_pauses_grow_up_to_the_longest(attempts: int, first: float, longest: float) -> None:
    policy = RetryPolicy(attempts, Backoff(first, longest))
    pauses = [policy.pause(n) for n in range(1, attempts)]
    assert policy.pause(attempts) is None
    assert None not in pauses
    assert pauses == sorted(pauses, key=lambda pause: pause or 0.0)
    assert all(first <= (pause or 0.0) <= longest for pause in pauses)


def test_partitions_of_samples_are_the_publishers() -> None:
    assert {stream_of("publisher", item) for item in subjects(5, stream=7)} == {
        "{publisher}:events:7"
    }
