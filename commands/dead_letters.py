"""`fieldhouse dead-letters`: events that a subscriber gave up, to list, show, replay and drop.

A dead letter that is replayed goes to its handler within seconds if the store runs, else when it
does; until it has taken effect it stays a dead letter.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from commands.exit_status import FOUND, OK, command
from commands.page import ConsolePage, wide_page
from commands.subscribers import Subscriber, subscribers
from deployments.foundation.events.dead_letters import DeadLetter
from deployments.foundation.redis.users import SUBSCRIPTIONS

_HEADERS = ("id", "service", "event", "subject", "attempts>", "given up at", "error")
_SHOWN_OF_ERROR = 60
_ID = re.compile(r"\d{1,20}-\d{1,20}")

Found = tuple[Subscriber, DeadLetter]
Act = Callable[[ConsolePage, Sequence[Found]], Awaitable[None]]


async def listing(page: ConsolePage, found: Sequence[Subscriber], limit: int) -> int:
    """The oldest letters of each subscriber, as a table."""
    rows: list[list[str]] = []
    for subscriber in found:
        oldest = await subscriber.letters.oldest(limit=limit)
        rows += [row(subscriber.service, letter) for letter in oldest]
        count = await subscriber.letters.count()
        if count > limit:
            page.say(f"{subscriber.service} has {count} dead letters; the oldest {limit} follow.")
    if rows:
        page.table(_HEADERS, rows)
    else:
        page.say("There are no dead letters.")
    return OK


def row(service: str, letter: DeadLetter) -> list[str]:
    """A line of the table."""
    kind, subject = _event(letter)
    error = letter.error if len(letter.error) <= _SHOWN_OF_ERROR else letter.error[:59] + "…"
    at = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}" + (" (replaying)" if letter.replaying else "")
    return [letter.id, service, kind, subject, str(letter.attempts), at, error]


def _event(letter: DeadLetter) -> tuple[str, str]:
    """An event's type without what all have in common, and its subject."""
    try:
        event = json.loads(letter.event)
        return event["type"].removeprefix("org.fieldhouse."), event["subject"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "(no event)", ""


async def show(page: ConsolePage, found: Sequence[Found]) -> None:
    """Everything about letters."""
    for subscriber, letter in found:
        _show(page, subscriber, letter)


def _show(page: ConsolePage, subscriber: Subscriber, letter: DeadLetter) -> None:
    page.step(f"{letter.id} of {subscriber.service}")
    page.say(f"from {letter.publisher}, partition {letter.partition}, entry {letter.entry}")
    page.say(f"{letter.attempts} attempts, given up at {letter.failed_at.isoformat()}")
    page.say("is being replayed" if letter.replaying else "is not being replayed")
    page.say(letter.error, "yellow")
    try:
        page.say(json.dumps(json.loads(letter.event), indent=2, ensure_ascii=False))
    except ValueError:
        page.say(letter.event)


async def replay(page: ConsolePage, found: Sequence[Found]) -> None:
    """Have letters delivered again."""
    for subscriber, letter in found:
        await subscriber.letters.replay([letter.id])
        page.say(f"{letter.id} will be delivered to {subscriber.service} again.")


async def drop(page: ConsolePage, found: Sequence[Found]) -> None:
    """Remove letters for good."""
    for subscriber, letter in found:
        await subscriber.letters.drop([letter.id])
        page.say(f"{letter.id} of {subscriber.service} is dropped.")


async def chosen(found: Sequence[Subscriber], ids: Sequence[str]) -> tuple[list[Found], list[str]]:
    """The letters with these ids, and what is wrong with the ids that are not exactly one's."""
    there: list[Found] = []
    wrong: list[str] = []
    for id_ in dict.fromkeys(ids):
        letters = [(each, await each.letters.find(id_)) for each in found]
        named = [(subscriber, letter) for subscriber, letter in letters if letter is not None]
        if len(named) == 1:
            there += named
        elif named:
            services = " and ".join(subscriber.service for subscriber, _ in named)
            wrong.append(f"{id_} is a dead letter of {services}: say --service.")
        else:
            wrong.append(f"There is no dead letter {id_}.")
    return there, wrong


async def everything(found: Sequence[Subscriber]) -> list[Found]:
    """All letters there are."""
    letters: list[Found] = []
    for subscriber in found:
        last = "-"
        while page := await subscriber.letters.oldest(after=last):
            letters += [(subscriber, letter) for letter in page]
            last = page[-1].id
    return letters


async def carry_out(
    act: Act, ids: Sequence[str], services: Sequence[str], page: ConsolePage, *, every: bool
) -> int:
    """Act on the letters with these ids, or on every letter there is."""
    async with subscribers(services) as found:
        there, wrong = await chosen(found, ids)
        await act(page, await everything(found) if every else there)
    for sentence in wrong:
        page.say(sentence, "yellow")
    return FOUND if wrong else OK


async def listed(services: Sequence[str], page: ConsolePage, limit: int) -> int:
    """List what there is."""
    async with subscribers(services) as found:
        return await listing(page, found, limit)


def _known(service: str | None) -> str | None:
    if service is not None and service not in SUBSCRIPTIONS:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(sorted(SUBSCRIPTIONS))}")
    return service


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
        help="Only the dead letters of this subscriber.",
    ),
]
Ids = Annotated[list[str], typer.Argument(callback=_ids, metavar="ID...", help="Which ones.")]
SomeIds = Annotated[
    list[str] | None,
    typer.Argument(callback=lambda ids: _ids(ids or []), metavar="[ID...]", help="Which ones."),
]
Every = Annotated[bool, typer.Option("--all", help="All there are.")]
app = typer.Typer(help="Look after events that were given up.")


@app.callback(invoke_without_command=True)
def dead_letters(context: typer.Context) -> None:
    """List, show, replay and drop events that a subscriber gave up."""
    if context.invoked_subcommand is None:
        list_letters()


@app.command("list")
@command
def list_letters(
    *,
    service: Service = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of each subscriber.")] = 50,
) -> int:
    """List the oldest dead letters."""
    return asyncio.run(listed(_services(service), wide_page(), limit))


@app.command("show")
@command
def show_letters(ids: Ids, *, service: Service = None) -> int:
    """Show everything about dead letters."""
    return asyncio.run(carry_out(show, ids, _services(service), wide_page(), every=False))


@app.command("replay")
@command
def replay_letters(ids: SomeIds = None, *, every: Every = False, service: Service = None) -> int:
    """Deliver dead letters to their handlers again."""
    return _act(replay, ids or [], service, every=every)


@app.command("drop")
@command
def drop_letters(ids: SomeIds = None, *, every: Every = False, service: Service = None) -> int:
    """Remove dead letters for good."""
    return _act(drop, ids or [], service, every=every)


def _act(act: Act, ids: Sequence[str], service: str | None, *, every: bool) -> int:
    if every == bool(ids):
        raise typer.BadParameter("Name ids, or say --all.")
    return asyncio.run(carry_out(act, ids, _services(service), wide_page(), every=every))


def _services(service: str | None) -> list[str]:
    return [service] if service else sorted(SUBSCRIPTIONS)
