"""What was given up waits for an operator, who replays it or drops it."""

from __future__ import annotations

import time
from typing import Any, cast

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.publishing import Envelope
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.failing import BrokenError, letters_are, poisonous, replaced
from tests.unit.consuming.sample_services import (
    SamplePublisher,
    SampleSubscriber,
    subjects,
)


async def test_a_replayed_letter_takes_effect_once(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    bad, other = subjects(2, stream=9)
    subscriber.fault = poisonous(bad)
    run(subscriber)
    await publisher.publish(bad, bad, other)
    await letters_are(subscriber, 1)
    letters = DeadLetters("subscriber", subscriber.redis)
    (letter,) = await letters.oldest()

    await letters.replay([letter.id])  # The cause is still there: it fails, and is kept anew.
    await eventually(lambda: replaced(letters, letter.id))
    (again,) = await letters.oldest()
    assert (again.fields["event"], again.replaying) == (letter.fields["event"], False)

    subscriber.fault = None
    await letters.replay([again.id])
    await letters_are(subscriber, 0)
    assert await subscriber.handled(bad) == [2, 1]
    assert not await subscriber.redis.exists("{subscriber}:dead-letters:replaying")


async def test_replaying_what_took_effect_after_all_changes_nothing(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    (item,) = subjects(1)

    async def too_late(envelope: Envelope) -> None:
        subscriber.fault = None
        await subscriber.handle(envelope)
        subscriber.fault = too_late
        raise BrokenError

    subscriber.fault = too_late
    run(subscriber)
    await publisher.publish(item)
    await letters_are(subscriber, 1)
    letters = DeadLetters("subscriber", subscriber.redis)
    subscriber.fault = None
    await letters.replay([letter.id for letter in await letters.oldest()])
    await letters_are(subscriber, 0)
    assert await subscriber.handled(item) == [1]


async def test_a_letter_that_was_dropped_while_it_failed_again_stays_dropped(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    (bad,) = subjects(1)
    subscriber.fault = poisonous(bad)
    run(subscriber)
    await publisher.publish(bad)
    await letters_are(subscriber, 1)
    letters = DeadLetters("subscriber", subscriber.redis)
    (letter,) = await letters.oldest()

    async def drop(envelope: Envelope) -> None:
        await letters.drop([letter.id])
        raise BrokenError

    subscriber.fault = drop
    await letters.replay([letter.id])
    await letters_are(subscriber, 0)
    subscriber.fault = None
    await publisher.publish(bad)
    await eventually(lambda: subscriber.has(effects=1))
    assert await letters.count() == 0


async def test_a_dead_letter_expires_after_thirty_days(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    """Whether others follow it or not: what was given up may hold a buyer's address."""
    (bad,) = subjects(1)
    subscriber.fault = poisonous(bad)
    run(subscriber)
    await publisher.publish(bad)
    await letters_are(subscriber, 1)
    letters = DeadLetters("subscriber", subscriber.redis)
    (young,) = await letters.oldest()
    now_ms = round(time.time() * 1000)
    old = [now_ms - days * 24 * 3600 * 1000 for days in (31, 29)]
    await subscriber.redis.delete("{subscriber}:dead-letters")
    for moment in old:
        fields = cast(Any, young.fields)
        await subscriber.redis.xadd("{subscriber}:dead-letters", fields, id=f"{moment}-0")
    await letters_are(subscriber, 1)
    assert [letter.id for letter in await letters.oldest()] == [f"{old[1]}-0"]
