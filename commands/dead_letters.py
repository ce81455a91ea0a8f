"""`fieldhouse dead-letters`: what services gave up, to list, show, replay and drop.

These are events that a subscriber could not handle, and deliveries that a platform's endpoint did
not take. An event that is replayed goes to its handler within seconds if the store runs, else when
it does; until it has taken effect it stays a dead letter. A delivery is tried for another day, with
the order as it was then, even if its endpoint has taken a newer state of it since. A letter expires
after 30 days.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Annotated, NamedTuple

import typer

from commands.dead_letter_content import content_of
from commands.exit_status import FOUND, OK, command
from commands.page import ConsolePage, wide_page
from commands.subscribers import subscribers
from deployments.foundation.events.dead_letters import DeadLetter, DeadLetters
from deployments.foundation.events.keys import EVENTS
from deployments.topology import SUBSCRIPTIONS
from deployments.webhooks.store import DELIVERIES
from deployments.webhooks.store import SERVICE as WEBHOOKS

_HEADERS = ("id", "service", "event", "subject", "to", "attempts>", "given up at", "error")
_KINDS = (EVENTS, DELIVERIES)
_SHOWN_OF_ERROR = 60
_ID = re.compile(r"\d{1,20}-\d{1,20}")

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


class Scope(NamedTuple):
    """Whose dead letters are meant, and of which kind; none means all."""

    service: str | None = None
    kind: str | None = None


@asynccontextmanager
async def _meant(scope: Scope) -> AsyncIterator[list[DeadLetters]]:
    services = [scope.service] if scope.service else sorted(SUBSCRIPTIONS)
    async with dead_letters_of(services) as found:
        yield [letters for letters in found if scope.kind in {None, letters.kind}]


async def carry_out(
    act: Act, ids: Sequence[str], scope: Scope, page: ConsolePage, *, every: bool
) -> int:
    """Act on the letters with these ids, or on every letter there is."""
    async with _meant(scope) as found:
        there, wrong = await chosen(found, ids)
        await act(page, await everything(found) if every else there)
    for sentence in wrong:
        page.say(sentence, "yellow")
    return FOUND if wrong else OK


async def listed(scope: Scope, page: ConsolePage, limit: int) -> int:
    """List what there is."""
    async with _meant(scope) as found:
        return await listing(page, found, limit)


def _known(service: str | None) -> str | None:
    if service is not None and service not in SUBSCRIPTIONS:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(sorted(SUBSCRIPTIONS))}")
    return service


def _known_kind(kind: str | None) -> str | None:
    if kind is not None and kind not in _KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(_KINDS)}")
    return kind


def _ids(ids: list[str]) -> list[str]:
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise typer.BadParameter(f"{id_!r} is no id: take it from `list`")
    return ids


Service = Annotated[
    str | None,
    typer.Option(
        callback=_known,
        autocompletion=lambda: sorted(SUBSCRIPTIONS),
        help="Only the dead letters of this service.",
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        callback=_known_kind,
        autocompletion=lambda: list(_KINDS),
        help="Only events, or only deliveries of webhooks.",
    ),
]
Ids = Annotated[list[str], typer.Argument(callback=_ids, metavar="ID...", help="Which ones.")]
SomeIds = Annotated[
    list[str] | None,
    typer.Argument(callback=lambda ids: _ids(ids or []), metavar="[ID...]", help="Which ones."),
]
Every = Annotated[bool, typer.Option("--all", help="All there are.")]
app = typer.Typer(help="Look after events and webhooks that were given up.")


@app.callback(invoke_without_command=True)
def dead_letters(context: typer.Context) -> None:
    """List, show, replay and drop what services gave up."""
    if context.invoked_subcommand is None:
        list_letters()


@app.command("list")
@command
def list_letters(
    *,
    service: Service = None,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of each service and kind.")] = 50,
) -> int:
    """List the oldest dead letters."""
    return asyncio.run(listed(Scope(service, kind), wide_page(), limit))


@app.command("show")
@command
def show_letters(ids: Ids, *, service: Service = None, kind: Kind = None) -> int:
    """Show everything about dead letters."""
    return asyncio.run(carry_out(show, ids, Scope(service, kind), wide_page(), every=False))


@app.command("replay")
@command
def replay_letters(
    ids: SomeIds = None, *, every: Every = False, service: Service = None, kind: Kind = None
) -> int:
    """Deliver dead letters again."""
    return _act(replay, ids or [], Scope(service, kind), every=every)


@app.command("drop")
@command
def drop_letters(
    ids: SomeIds = None, *, every: Every = False, service: Service = None, kind: Kind = None
) -> int:
    """Remove dead letters for good."""
    return _act(drop, ids or [], Scope(service, kind), every=every)


def _act(act: Act, ids: Sequence[str], scope: Scope, *, every: bool) -> int:
    if every == bool(ids):
        raise typer.BadParameter("Name ids, or say --all.")
    return asyncio.run(carry_out(act, ids, scope, wide_page(), every=every))
