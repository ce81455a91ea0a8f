"""`fieldhouse webhooks`: platforms' endpoints and the deliveries that they did not take.

What is replayed is tried within a second if the store runs, else when it does. It is the order as
it was then, even if its endpoint has taken a newer state of it since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import typer

from commands.exit_status import FOUND, OK, command
from commands.page import ConsolePage, wide_page
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


async def listing(page: ConsolePage, store: WebhooksStore) -> int:
    """All endpoints, and the oldest of what each did not take, as tables."""
    endpoints = await store.all_endpoints()
    if not endpoints:
        page.say("No platform has registered an endpoint.")
        return OK
    page.table(_ENDPOINTS, [_row(platform, endpoint) for platform, endpoint in endpoints])
    ids = await store.dead_letters(_SHOWN)
    if ids:
        found = zip(ids, await store.records(ids), strict=True)
        page.table(_LETTERS, [_letter(id_, known) for id_, known in found if known])
    return OK


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


async def show(page: ConsolePage, store: WebhooksStore, id_: str, _now: datetime) -> str:
    """Everything about one delivery, the order as it is sent among it."""
    (known,) = await store.records([id_])
    if known:
        page.say(f"delivery: {id_}")
    for name in _TOLD:
        if name in known:
            page.say(f"{name}: {known[name]}")
    return _SHOWN_ALREADY if known else "absent"


async def replay(_page: ConsolePage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Have a delivery tried now."""
    return await store.replay(id_, now)


async def drop(_page: ConsolePage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Remove a delivery for good."""
    return await store.drop(id_, now)


Act = Callable[[ConsolePage, WebhooksStore, str, datetime], Awaitable[str]]


async def act_on(
    act: Act, ids: Sequence[str], page: ConsolePage, store: WebhooksStore, now: Clock = utc_now
) -> int:
    """Act on these deliveries."""
    return told(page, {id_: await act(page, store, id_, now()) for id_ in ids})


async def act_on_all(
    act: Act, page: ConsolePage, store: WebhooksStore, now: Clock = utc_now
) -> int:
    """Act on all dead letters."""
    tried = {id_: await act(page, store, id_, now()) for id_ in await dead_letters(store)}
    # What is absent by now has lapsed, or somebody else was faster. Nobody asked for it.
    outcomes = {id_: outcome for id_, outcome in tried.items() if outcome != "absent"}
    if not outcomes:
        page.say("There are no dead letters.")
    return told(page, outcomes)


def told(page: ConsolePage, outcomes: Mapping[str, str]) -> int:
    """Say what became of deliveries, and what to exit with."""
    for id_, outcome in outcomes.items():
        if outcome != _SHOWN_ALREADY:
            page.say(_ANSWERS[outcome].format(id_), "" if outcome in _DONE else "yellow")
    return OK if _DONE.issuperset(outcomes.values()) else FOUND


async def dead_letters(store: WebhooksStore) -> list[str]:
    """All there are, the oldest deliveries first.

    They died in another order, and while the store runs each is sent as soon as it is replayed.
    """
    most = max((endpoint.dead for _, endpoint in await store.all_endpoints()), default=0)
    return sorted(await store.dead_letters(most), key=int)


Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Which deliveries.")]
SomeIds = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Which deliveries.")]
Every = Annotated[bool, typer.Option("--all", help="All dead letters.")]
Job = Callable[[ConsolePage, WebhooksStore], Awaitable[int]]
app = typer.Typer(help="Look after platforms' endpoints.")


@app.callback(invoke_without_command=True)
def webhooks(context: typer.Context) -> None:
    """List platforms' endpoints; show, replay and drop what they did not take."""
    if context.invoked_subcommand is None:
        list_endpoints()


@app.command("list")
@command
def list_endpoints() -> int:
    """List endpoints, and what they did not take."""
    return _run(listing)


@app.command("show")
@command
def show_deliveries(ids: Ids) -> int:
    """Show everything about deliveries."""
    return _run(lambda page, store: act_on(show, ids, page, store))


@app.command("replay")
@command
def replay_deliveries(ids: SomeIds = None, *, every: Every = False) -> int:
    """Try deliveries now."""
    return _act(replay, ids or [], every=every)


@app.command("drop")
@command
def drop_deliveries(ids: SomeIds = None, *, every: Every = False) -> int:
    """Remove deliveries for good."""
    return _act(drop, ids or [], every=every)


def _act(act: Act, ids: Sequence[str], *, every: bool) -> int:
    if every == bool(ids):
        raise typer.BadParameter("Name ids, or say --all.")
    if every:
        return _run(lambda page, store: act_on_all(act, page, store))
    return _run(lambda page, store: act_on(act, ids, page, store))


def _run(job: Job) -> int:
    return asyncio.run(_at_this_store(job))


async def _at_this_store(job: Job) -> int:
    async with client(SERVICE, retries=_TRIES) as redis:
        return await job(wide_page(), WebhooksStore(redis, claim_seconds=CLAIM_SECONDS))
