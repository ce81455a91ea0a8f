"""`fieldhouse webhooks`: platforms' endpoints and the deliveries that wait for them.

What an endpoint has not taken for a day is a dead letter: see `fieldhouse dead-letters`.
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
_DELIVERIES = ("delivery", "endpoint", "order", "event", "attempts>", "error")
_SHOWN = 50
_TRIES = 2
_TOLD = ("endpoint", "order", "event", "type", "attempts", "error", "body")
_ANSWERS = {
    "retried": "{} will be sent again.",
    "dropped": "{} is dropped.",
    "absent": "No delivery {} waits.",
    "behind": "{} waits for an older delivery of its order. Retry that one.",
    "under_way": "{} is being sent just now. Try again in a minute.",
}
_SHOWN_ALREADY = ""
_DONE = frozenset({"retried", "dropped", _SHOWN_ALREADY})


async def listing(page: ConsolePage, store: WebhooksStore) -> int:
    """All endpoints, and the first deliveries that wait for each, as tables."""
    endpoints = await store.all_endpoints()
    if not endpoints:
        page.say("No platform has registered an endpoint.")
        return OK
    page.table(_ENDPOINTS, [_row(platform, endpoint) for platform, endpoint in endpoints])
    ids = await store.waiting(_SHOWN)
    if ids:
        found = zip(ids, await store.records(ids), strict=True)
        page.table(_DELIVERIES, [_delivery(id_, known) for id_, known in found if known])
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


def _delivery(id_: str, known: Mapping[str, str]) -> list[str]:
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


async def retry(_page: ConsolePage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Have a delivery tried now."""
    return await store.retry(id_, now)


async def drop(_page: ConsolePage, store: WebhooksStore, id_: str, now: datetime) -> str:
    """Remove a delivery for good."""
    return await store.drop(id_, now)


Act = Callable[[ConsolePage, WebhooksStore, str, datetime], Awaitable[str]]


async def act_on(
    act: Act, ids: Sequence[str], page: ConsolePage, store: WebhooksStore, now: Clock = utc_now
) -> int:
    """Act on these deliveries, and say what became of them."""
    outcomes = {id_: await act(page, store, id_, now()) for id_ in ids}
    for id_, outcome in outcomes.items():
        if outcome != _SHOWN_ALREADY:
            page.say(_ANSWERS[outcome].format(id_), "" if outcome in _DONE else "yellow")
    return OK if _DONE.issuperset(outcomes.values()) else FOUND


Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Which deliveries.")]
Job = Callable[[ConsolePage, WebhooksStore], Awaitable[int]]
app = typer.Typer(help="Look after platforms' endpoints.")


@app.callback(invoke_without_command=True)
def webhooks(context: typer.Context) -> None:
    """List platforms' endpoints; show, retry and drop deliveries that wait for them."""
    if context.invoked_subcommand is None:
        list_endpoints()


@app.command("list")
@command
def list_endpoints() -> int:
    """List endpoints, and the first deliveries that wait for them."""
    return _run(listing)


@app.command("show")
@command
def show_deliveries(ids: Ids) -> int:
    """Show everything about deliveries that wait."""
    return _run(lambda page, store: act_on(show, ids, page, store))


@app.command("retry")
@command
def retry_deliveries(ids: Ids) -> int:
    """Try deliveries now, whenever their next attempt was due."""
    return _run(lambda page, store: act_on(retry, ids, page, store))


@app.command("drop")
@command
def drop_deliveries(ids: Ids) -> int:
    """Remove deliveries that wait, for good."""
    return _run(lambda page, store: act_on(drop, ids, page, store))


def _run(job: Job) -> int:
    return asyncio.run(_at_this_store(job))


async def _at_this_store(job: Job) -> int:
    async with client(SERVICE, retries=_TRIES) as redis:
        return await job(wide_page(), WebhooksStore(redis, claim_seconds=CLAIM_SECONDS))
