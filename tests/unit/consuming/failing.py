"""Handlers that fail, and what to wait for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.publishing import Envelope
from tests.eventually import eventually
from tests.unit.consuming.sample_services import (
    SampleSubscriber,
)


class BrokenError(Exception):
    pass


def poisonous(subject: str, sequence: int = 1) -> Callable[[Envelope], Awaitable[None]]:
    """Trouble with one event of a subject."""

    async def fault(envelope: Envelope) -> None:
        if envelope.subject == subject and envelope.sequence == sequence:
            raise BrokenError("of redis://user:secret@host")

    return fault


async def replaced(letters: DeadLetters, before: str) -> bool:
    """Whether the only letter is another one by now."""
    return [letter.id for letter in await letters.oldest()] not in ([], [before])


async def letters_are(subscriber: SampleSubscriber, count: int) -> None:
    async def enough() -> bool:
        return await DeadLetters("subscriber", subscriber.redis).count() == count

    await eventually(enough)
