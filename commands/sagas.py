"""`fieldhouse sagas`: purchases that are under way, and those that wait for an operator.

A saga is parked if trying again would not mend it: a service has rejected a step of which there is
no turning back, or it failed for a bug too often, or it cannot be read. Once that is mended,
`retry` has it driven on where it stands. The audit counts parked sagas as findings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.asyncio import Redis

from commands.exit_status import FOUND, OK, command
from commands.page import ConsolePage, wide_page
from deployments.checkout.records import CheckoutRecords, SagaRecord
from deployments.checkout.saga_store import SagaStore
from deployments.checkout.store import SERVICE
from deployments.foundation.redis.connection import client

_HEADERS = ("saga", "state", "stage", "since", "failures>", "why")
_SHOWN = 50
_TRIES = 2


async def listing(page: ConsolePage, redis: Redis) -> int:
    """All sagas that wait for an operator, and the first of those under way, as a table."""
    records = CheckoutRecords(redis)
    parked, active = await records.parked(), await records.active()
    rows = [_row(saga) for saga in (*parked, *active[:_SHOWN])]
    if rows:
        page.table(_HEADERS, rows)
    if len(active) > _SHOWN:
        page.say(f"{len(active)} sagas are under way; the first {_SHOWN} are shown.")
    if not parked:
        page.say("No saga waits for an operator.")
    return FOUND if parked else OK


def _row(saga: SagaRecord) -> list[str]:
    return [
        *(saga.id, _state(saga), saga.stage or ""),
        *(_moment(saga.parked_at or saga.started_at), str(saga.failures), saga.failure),
    ]


def _state(saga: SagaRecord) -> str:
    if saga.parked_at is not None:
        return "parked"
    return "under way" if saga.lease_ends is not None else "ended"


def _moment(milliseconds: float) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}"


async def show(page: ConsolePage, redis: Redis, id_: str) -> bool:
    """Everything about one saga but who buys; whether there is such a saga."""
    records = CheckoutRecords(redis)
    saga = (await records.sagas([id_]))[id_]
    if saga.stage is None:
        page.say(f"There is no saga {id_}.", "yellow")
        return False
    for header, value in zip(_HEADERS, _row(saga), strict=True):
        page.say(f"{header.rstrip('>')}: {value}")
    page.say(f"session: {saga.session_id}")
    page.say(f"order, once it is placed: {saga.order_id}")
    page.say(f"began: {_moment(saga.started_at)}")
    page.say(f"drivers: {saga.fence}")
    found = (await records.sessions([saga.session_id]))[saga.session_id]
    if found.session is None:
        page.say("Its session is gone or cannot be read.", "yellow")
    else:
        total, currency = found.session.priced.totals.total, found.session.currency
        page.say(f"its session: {found.session.status}, {total} {currency} (minor units)")
        page.say(f"platform: {found.session.platform}")
    return True


async def retry(page: ConsolePage, redis: Redis, id_: str) -> bool:
    """Have a parked saga driven on; whether it was parked."""
    parked = await SagaStore(redis).retry(id_)
    said = f"{id_} is driven on within seconds, or when the store runs."
    page.say(said if parked else f"{id_} is not parked.", "" if parked else "yellow")
    return parked


Act = Callable[[ConsolePage, Redis, str], Awaitable[bool]]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Which sagas.")]
Job = Callable[[ConsolePage, Redis], Awaitable[int]]
app = typer.Typer(help="Look after purchases that wait for an operator.")


async def act_on(act: Act, ids: Sequence[str], page: ConsolePage, redis: Redis) -> int:
    """Act on these sagas, one after the other."""
    done = [await act(page, redis, id_) for id_ in ids]
    return OK if all(done) else FOUND


@app.callback(invoke_without_command=True)
def sagas(context: typer.Context) -> None:
    """List sagas that are parked or under way; show and retry them."""
    if context.invoked_subcommand is None:
        list_sagas()


@app.command("list")
@command
def list_sagas() -> int:
    """List sagas that wait for an operator, and those under way."""
    return _run(listing)


@app.command("show")
@command
def show_sagas(ids: Ids) -> int:
    """Show everything about sagas."""
    return _run(lambda page, redis: act_on(show, ids, page, redis))


@app.command("retry")
@command
def retry_sagas(ids: Ids) -> int:
    """Have parked sagas driven on."""
    return _run(lambda page, redis: act_on(retry, ids, page, redis))


def _run(job: Job) -> int:
    return asyncio.run(_at_this_store(job))


async def _at_this_store(job: Job) -> int:
    async with client(SERVICE, retries=_TRIES) as redis:
        return await job(wide_page(), redis)
