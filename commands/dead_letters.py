"""Events that a subscriber gave up: list, show, replay and drop them.

`make dead-letters`, or `make dead-letters DO="replay 1764000000000-0"`. A replayed letter goes to
its handler within seconds if the store runs, else when it does; until it has taken effect it stays
a dead letter. Exits with 0; 1 if an id is not that of one letter; 2 for a wrong command, or if a
Redis does not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Sequence

from redis.exceptions import RedisError

from commands.receipt import ReceiptPage
from commands.subscribers import NO_ANSWER, Subscriber, subscribers, wide_page
from deployments.foundation.events.dead_letters import DeadLetter
from deployments.foundation.redis.users import SUBSCRIPTIONS

_HEADERS = ("id", "service", "event", "subject", "attempts>", "given up at", "error")
_SHOWN_OF_ERROR = 60
_ID = re.compile(r"\d{1,20}-\d{1,20}")

Found = tuple[Subscriber, DeadLetter]


async def listing(page: ReceiptPage, found: Sequence[Subscriber], limit: int) -> int:
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
    return 0


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


def show(page: ReceiptPage, found: Found) -> None:
    """Everything about one letter."""
    subscriber, letter = found
    page.step(f"{letter.id} of {subscriber.service}")
    page.say(f"from {letter.publisher}, partition {letter.partition}, entry {letter.entry}")
    page.say(f"{letter.attempts} attempts, given up at {letter.failed_at.isoformat()}")
    page.say("is being replayed" if letter.replaying else "is not being replayed")
    page.say(letter.error, "yellow")
    try:
        page.say(json.dumps(json.loads(letter.event), indent=2, ensure_ascii=False))
    except ValueError:
        page.say(letter.event)


async def replay(page: ReceiptPage, found: Sequence[Found]) -> None:
    """Have letters delivered again."""
    for subscriber, letter in found:
        await subscriber.letters.replay([letter.id])
        page.say(f"{letter.id} will be delivered to {subscriber.service} again.")


async def drop(page: ReceiptPage, found: Sequence[Found]) -> None:
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


async def run(arguments: argparse.Namespace, page: ReceiptPage) -> int:
    """Do what was asked."""
    services = [arguments.service] if arguments.service else sorted(SUBSCRIPTIONS)
    async with subscribers(services) as found:
        if arguments.do == "list":
            return await listing(page, found, arguments.limit)
        there, wrong = await chosen(found, arguments.ids)
        if getattr(arguments, "all", False):
            there = await everything(found)
        if arguments.do == "show":
            for each in there:
                show(page, each)
        else:
            act: dict[str, Callable[[ReceiptPage, Sequence[Found]], Awaitable[None]]]
            act = {"replay": replay, "drop": drop}
            await act[arguments.do](page, there)
    for sentence in wrong:
        page.say(sentence, "yellow")
    return 1 if wrong else 0


def parser() -> argparse.ArgumentParser:
    """What may be asked."""
    root = argparse.ArgumentParser(prog="dead_letters", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--service", choices=sorted(SUBSCRIPTIONS), help="only this subscriber's")
    do = root.add_subparsers(dest="do", required=True)
    listed = do.add_parser("list", parents=[common], help="the oldest dead letters")
    listed.add_argument("--limit", type=int, default=50, help="of each subscriber")
    for name, what in (
        ("show", "everything about a letter"),
        ("replay", "deliver letters to their handler again"),
        ("drop", "remove letters for good"),
    ):
        command = do.add_parser(name, parents=[common], help=what)
        which = command.add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", type=_id, default=[], metavar="id")
        if name != "show":
            which.add_argument("--all", action="store_true", help="all there are")
    return root


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id: take it from `list`")
    return text


def main(words: Sequence[str]) -> int:
    """Do what the words say."""
    arguments = parser().parse_args(words or ["list"])
    try:
        return asyncio.run(run(arguments, wide_page()))
    except (RedisError, OSError) as reason:
        print(NO_ANSWER.format(reason=reason), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
