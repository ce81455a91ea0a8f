"""What is done with dead letters: list, show, replay, drop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import NamedTuple

from commands.dead_letter_content import content_of
from commands.exit_status import FOUND, OK
from commands.page import ConsolePage
from commands.subscribers import subscribers
from deployments.foundation.events.dead_letters import DeadLetter, DeadLetters
from deployments.foundation.events.keys import EVENTS
from deployments.topology import SUBSCRIPTIONS
from deployments.webhooks.store import DELIVERIES
from deployments.webhooks.store import SERVICE as WEBHOOKS

_HEADERS = ("id", "service", "event", "subject", "to", "attempts>", "given up at", "error")
KINDS = (EVENTS, DELIVERIES)
_SHOWN_OF_ERROR = 60

Found = tuple[DeadLetters, DeadLetter]
Act = Callable[[ConsolePage, Sequence[Found]], Awaitable[None]]


@asynccontextmanager
async def dead_letters_of(services: Sequence[str]) -> AsyncIterator[list[DeadLetters]]:
    """All dead letters of these services, a kind after the other."""
    async with subscribers(services) as found:
        letters = [subscriber.letters for subscriber in found]
        letters += [
            DeadLetters(WEBHOOKS, subscriber.own, DELIVERIES)
            for subscriber in found
            if subscriber.service == WEBHOOKS
        ]
        yield letters


async def listing(page: ConsolePage, found: Sequence[DeadLetters], limit: int) -> int:
    """The oldest letters of each kind, as a table."""
    rows: list[list[str]] = []
    for letters in found:
        rows += [row(letters, letter) for letter in await letters.oldest(limit=limit)]
        count = await letters.count()
        if count > limit:
            what = f"{letters.service} has {count} dead letters of {letters.kind}"
            page.say(f"{what}; the oldest {limit} follow.")
    if rows:
        page.table(_HEADERS, rows)
    else:
        page.say("There are no dead letters.")
    return OK


def row(letters: DeadLetters, letter: DeadLetter) -> list[str]:
    """A line of the table."""
    content = content_of(letters, letter)
    error = letter.error if len(letter.error) <= _SHOWN_OF_ERROR else letter.error[:59] + "…"
    at = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}" + (" (replaying)" if letter.replaying else "")
    event = content.type.removeprefix("org.fieldhouse.")
    where = (letter.id, letters.service, event, content.subject, content.to)
    return [*where, str(letter.attempts), at, error]


async def show(page: ConsolePage, found: Sequence[Found]) -> None:
    """Everything about letters."""
    for letters, letter in found:
        _show(page, letters, letter)


def _show(page: ConsolePage, letters: DeadLetters, letter: DeadLetter) -> None:
    content = content_of(letters, letter)
    page.step(f"{letter.id} of {letters.service}")
    if letters.kind == EVENTS:
        page.say("from {publisher}, partition {partition}, entry {entry}".format_map(letter.fields))
    else:
        page.say(f"{content.type} of {content.subject}, to {content.to}")
    page.say(f"{letter.attempts} attempts, given up at {letter.failed_at.isoformat()}")
    page.say("is being replayed" if letter.replaying else "is not being replayed")
    page.say(letter.error, "yellow")
    try:
        page.say(json.dumps(json.loads(content.text), indent=2, ensure_ascii=False))
    except ValueError:
        page.say(content.text)


async def replay(page: ConsolePage, found: Sequence[Found]) -> None:
    """Have letters delivered again, those of a kind at one moment: so they keep their order."""
    for letters, group in groupby(found, key=lambda each: each[0]):
        replayed = [letter for _, letter in group]
        await letters.replay(letter.id for letter in replayed)
        for letter in replayed:
            to = content_of(letters, letter).to
            page.say(f"{letter.id} will be delivered to {to} again.")


async def drop(page: ConsolePage, found: Sequence[Found]) -> None:
    """Remove letters for good."""
    for letters, letter in found:
        await letters.drop([letter.id])
        page.say(f"{letter.id} of {letters.service} is dropped.")


async def chosen(found: Sequence[DeadLetters], ids: Sequence[str]) -> tuple[list[Found], list[str]]:
    """The letters with these ids, and what is wrong with the ids that are not exactly one's."""
    there: list[Found] = []
    wrong: list[str] = []
    for id_ in dict.fromkeys(ids):
        looked_up = [(letters, await letters.find(id_)) for letters in found]
        named = [(letters, letter) for letters, letter in looked_up if letter is not None]
        if len(named) == 1:
            there += named
        elif named:
            owners = " and ".join(f"{letters.service} ({letters.kind})" for letters, _ in named)
            wrong.append(f"{id_} is a dead letter of {owners}: say --service or --kind.")
        else:
            wrong.append(f"There is no dead letter {id_}.")
    return there, wrong


async def everything(found: Sequence[DeadLetters]) -> list[Found]:
    """All letters there are."""
    there: list[Found] = []
    for letters in found:
        last = "-"
        while page := await letters.oldest(after=last):
            there += [(letters, letter) for letter in page]
            last = page[-1].id
    return there


class Selection(NamedTuple):
    """Whose dead letters are meant, and of which kind; none means all."""

    service: str | None = None
    kind: str | None = None


@asynccontextmanager
async def _meant(scope: Selection) -> AsyncIterator[list[DeadLetters]]:
    services = [scope.service] if scope.service else sorted(SUBSCRIPTIONS)
    async with dead_letters_of(services) as found:
        yield [letters for letters in found if scope.kind in {None, letters.kind}]


async def carry_out(
    act: Act, ids: Sequence[str], scope: Selection, page: ConsolePage, *, every: bool
) -> int:
    """Act on the letters with these ids, or on every letter there is."""
    async with _meant(scope) as found:
        there, wrong = await chosen(found, ids)
        await act(page, await everything(found) if every else there)
    for sentence in wrong:
        page.say(sentence, "yellow")
    return FOUND if wrong else OK


async def listed(scope: Selection, page: ConsolePage, limit: int) -> int:
    """List what there is."""
    async with _meant(scope) as found:
        return await listing(page, found, limit)
