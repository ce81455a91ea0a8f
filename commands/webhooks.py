"""Platforms' endpoints and what they did not take: list, show, replay and drop it.

`make webhooks`, or `make webhooks DO="replay ID"` with the id of a delivery; `replay --all` and
`drop --all` are for all dead letters. What is replayed is tried within a second if the store runs,
else when it does. It is the order as it was then, even if its endpoint has taken a newer state of
it since. Exits with 0; 1 if there is no such delivery, or not now; 2 for a wrong command, or if
Redis does not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from redis.exceptions import RedisError

from commands.receipt import ReceiptPage
from commands.subscribers import NO_ANSWER, wide_page
from deployments.foundation.redis.connection import client
from deployments.foundation.values.clock import Clock, utc_now
from deployments.webhooks.contract import WebhookEndpoint
from deployments.webhooks.dispatcher import CLAIM_SECONDS
from deployments.webhooks.store import SERVICE, WebhooksStore

_ENDPOINTS = ("endpoint", "platform", "host", "state", "waiting>", "dead>", "failing since", "why")
_LETTERS = ("delivery", "endpoint", "order", "event", "attempts>", "error")
_SHOWN = 50
_TRIES = 2
_TOLD = ("endpoint", "order", "event", "type", "attempts", "error", "body")
_ANSWERS = {
    "replayed": "{} will be sent again.",
    "dropped": "{} is dropped.",
    "absent": "There is no delivery {}.",
    "gone": "The endpoint of {} wants nothing any more (it answered 410).",
    "under_way": "{} is being sent just now. Try again in a minute.",
}
_SHOWN_ALREADY = ""
_DONE = frozenset({"replayed", "dropped", _SHOWN_ALREADY})


async def listing(page: ReceiptPage, store: WebhooksStore) -> int:
    """All endpoints, and the oldest of what each did not take, as tables."""
    endpoints = await store.all_endpoints()
    if not endpoints:
        page.say("No platform has registered an endpoint.")
        return 0
    page.table(_ENDPOINTS, [_row(platform, endpoint) for platform, endpoint in endpoints])
    ids = await store.dead_letters(_SHOWN)
    if ids:
        found = zip(ids, await store.records(ids), strict=True)
        page.table(_LETTERS, [_letter(id_, known) for id_, known in found if known])
    return 0


def _row(platform: str, endpoint: WebhookEndpoint) -> list[str]:
    """An endpoint; of its URL the host alone, because the rest may be a secret."""
    since = endpoint.failing_since
    return [
        *(endpoint.id, platform, urlsplit(endpoint.url).hostname or "", endpoint.state),
        *(str(endpoint.waiting), str(endpoint.dead)),
        f"{since:%Y-%m-%d %H:%M:%S}" if since else "",
        endpoint.last_error or "",
    ]


def _letter(id_: str, known: Mapping[str, str]) -> list[str]:
    kind = known["type"].removeprefix("org.fieldhouse.")
    return [id_, known["endpoint"], known["order"], kind, known["attempts"], known.get("error", "")]


async def show(page: ReceiptPage, store: WebhooksStore, id_: str, _now: datetime) -> str:
    """Everything about one delivery, the order as it is sent among it."""
    (known,) = await store.records([id_])
    if known:
        page.say(f"delivery: {id_}")
    for name in _TOLD:
        if name in known:
            page.say(f"{name}: {known[name]}")
    return _SHOWN_ALREADY if known else "absent"


async def replay(_page: ReceiptPage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Have a delivery tried now."""
    return await store.replay(id_, now)


async def drop(_page: ReceiptPage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Remove a delivery for good."""
    return await store.drop(id_, now)


Act = Callable[[ReceiptPage, WebhooksStore, str, datetime], Awaitable[str]]
_ACTS: Mapping[str, Act] = {"show": show, "replay": replay, "drop": drop}


async def run(
    arguments: argparse.Namespace, page: ReceiptPage, store: WebhooksStore, clock: Clock = utc_now
) -> int:
    """Do what was asked."""
    if arguments.do == "list":
        return await listing(page, store)
    act = _ACTS[arguments.do]
    if getattr(arguments, "all", False):
        tried = {id_: await act(page, store, id_, clock()) for id_ in await dead_letters(store)}
        # What is absent by now has lapsed, or somebody else was faster. Nobody asked for it.
        outcomes = {id_: outcome for id_, outcome in tried.items() if outcome != "absent"}
        if not outcomes:
            page.say("There are no dead letters.")
    else:
        outcomes = {id_: await act(page, store, id_, clock()) for id_ in arguments.ids}
    return told(page, outcomes)


def told(page: ReceiptPage, outcomes: Mapping[str, str]) -> int:
    """Say what became of deliveries, and what to exit with."""
    for id_, outcome in outcomes.items():
        if outcome != _SHOWN_ALREADY:
            page.say(_ANSWERS[outcome].format(id_), "" if outcome in _DONE else "yellow")
    return 0 if _DONE.issuperset(outcomes.values()) else 1


async def dead_letters(store: WebhooksStore) -> list[str]:
    """All there are, the oldest deliveries first.

    They died in another order, and while the store runs each is sent as soon as it is replayed.
    """
    most = max((endpoint.dead for _, endpoint in await store.all_endpoints()), default=0)
    return sorted(await store.dead_letters(most), key=int)


def parser() -> argparse.ArgumentParser:
    """What may be asked."""
    root = argparse.ArgumentParser(prog="webhooks", description=__doc__)
    do = root.add_subparsers(dest="do", required=True)
    do.add_parser("list", help="endpoints, and what they did not take")
    for name, what in (
        ("show", "everything about deliveries"),
        ("replay", "have deliveries tried now"),
        ("drop", "remove deliveries for good"),
    ):
        which = do.add_parser(name, help=what).add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", default=[], metavar="id")
        if name != "show":
            which.add_argument("--all", action="store_true", help="all dead letters")
    return root


async def _run(arguments: argparse.Namespace) -> int:
    async with client(SERVICE, retries=_TRIES) as redis:
        store = WebhooksStore(redis, claim_seconds=CLAIM_SECONDS)
        return await run(arguments, wide_page(), store)


def main(words: Sequence[str]) -> int:
    """Do what the words say."""
    arguments = parser().parse_args(words or ["list"])
    try:
        return asyncio.run(_run(arguments))
    except (RedisError, OSError) as reason:
        print(NO_ANSWER.format(reason=reason), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
