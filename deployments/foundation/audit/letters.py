"""Dead letters with the time: an operator replays or drops what was given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.overdue import in_words
from deployments.foundation.events.dead_letters import DeadLetter, DeadLetters
from deployments.foundation.events.keys import dead_letters_key

UNATTENDED = timedelta(days=1)
"""How long a dead letter may wait for an operator."""


async def letters_attended(letters: DeadLetters, redis: Redis, inspection: Inspection) -> Findings:
    """A service's dead letters of one kind: how many there are, and whether the oldest is cared
    for."""
    now = await inspection.now(redis)
    count, oldest = await letters.count(), await letters.oldest(limit=1)
    key = dead_letters_key(letters.service, letters.kind)
    wrong = tuple(one for letter in oldest for one in letter_is_attended(key, letter, now))
    notes = (_note(letters.service, count),) if count else ()
    return Findings({"dead letters": count}, wrong, notes)


def letter_is_attended(key: str, letter: DeadLetter, now: datetime) -> Iterator[Discrepancy]:
    """A dead letter is replayed or dropped within a day."""
    age = now - letter.failed_at
    if age > UNATTENDED:
        what = f"Nobody has replayed or dropped it for {in_words(age)}; see `make dead-letters`."
        yield Discrepancy("dead_letter_unattended", (f"{key} {letter.id}",), what)


def _note(service: str, letters: int) -> str:
    wait = "1 dead letter waits" if letters == 1 else f"{letters} dead letters wait"
    return f"{service}: {wait} for an operator; see `make dead-letters`."
