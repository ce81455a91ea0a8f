"""Events that no retry would help are given up at once."""

from __future__ import annotations

import pytest

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.error_text import error_text
from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.subscriptions import NonRetryableError
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.failing import BrokenError, letters_are, replaced
from tests.unit.consuming.sample_services import (
    SamplePublisher,
    SampleSubscriber,
    subjects,
)


@pytest.mark.parametrize("text", ["", "{", '{"specversion": "1.0"}', "[]"])
async def test_what_is_no_event_is_given_up_at_once(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run, text: str
) -> None:
    (good,) = subjects(1, stream=0)
    await publisher.redis.xadd("{publisher}:events:0", {"event": text})
    await publisher.publish(good)
    run(subscriber)
    await eventually(lambda: subscriber.has(effects=1))
    await letters_are(subscriber, 1)
    (letter,) = await DeadLetters("subscriber", subscriber.redis).oldest()
    assert (letter.fields["event"], letter.attempts) == (text, 1)
    assert letter.error.startswith("NoEventError")


async def test_what_no_retry_would_help_is_given_up_at_once(
    publisher: SamplePublisher,
    subscriber: SampleSubscriber,
    run: Run,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad, good = subjects(2, stream=2)

    async def refuse(envelope: Envelope) -> None:
        if envelope.subject == bad and envelope.sequence == 1:
            raise NonRetryableError("no such mailbox: ada@example.com") from BrokenError(
                "Bearer abc"
            )

    subscriber.fault = refuse
    run(subscriber)
    await publisher.publish(bad, bad, good)
    await eventually(lambda: subscriber.has(effects=2))
    await letters_are(subscriber, 1)
    letters = DeadLetters("subscriber", subscriber.redis)
    (letter,) = await letters.oldest()
    assert letter.attempts == 1
    assert letter.error.startswith("NonRetryableError: no such mailbox: …@… (")
    assert await subscriber.handled(bad) == [2]
    assert "BrokenError: Bearer …" in caplog.text
    assert "ada@" not in caplog.text

    await letters.replay([letter.id])  # To no avail: once more, and kept anew.
    await eventually(lambda: replaced(letters, letter.id))
    assert sum(subscriber.tries.values()) == 4
    subscriber.fault = None
    await letters.replay([again.id for again in await letters.oldest()])
    await letters_are(subscriber, 0)
    assert await subscriber.handled(bad) == [2, 1]


async def test_an_error_that_is_no_text_is_kept_all_the_same(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    """What another program said may hold bytes that are no UTF-8."""

    async def babble(_envelope: Envelope) -> None:
        raise BrokenError("250 caf\udce9 \x00")

    subscriber.fault = babble
    run(subscriber)
    await publisher.publish(*subjects(1))
    await letters_are(subscriber, 1)
    (letter,) = await DeadLetters("subscriber", subscriber.redis).oldest()
    assert r"caf\udce9" in letter.error


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("smtp://ada:pw@mail.example refused", "smtp://…@mail.example refused"),
        ("Authorization: Bearer abc.def", "Authorization: …"),
        ("got Bearer abc.def-1 there", "got Bearer … there"),
        ('{"api_key": "123", "n": 1}', '{"api_key": "…", "n": 1}'),
        ("https://x.example/?access_token=a1b2&x=1", "https://x.example/?access_token=…&x=1"),
        ("password=hunter2; host=a", "password=…; host=a"),
        ("[Errno 28] No space left on device", "[Errno 28] No space left on device"),
        ("550 <ada.lovelace+x@mail.example.com>: no", "550 <…@…>: no"),
        ('to "ada lovelace"@example.com, ü@bücher.example', "to …@…, …@…"),
        ("no text: \udce9\ud800", r"no text: \udce9\ud800"),
        ("x" * 501, "x" * 500 + "…"),
    ],
)
def test_an_error_is_shown_without_secrets(message: str, shown: str) -> None:
    text = error_text(RuntimeError(message))
    if message.startswith("Authorization"):
        assert "abc" not in text
    else:
        assert text == f"RuntimeError: {shown}"
