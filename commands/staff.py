"""`fieldhouse owner-link` and `fieldhouse staff`: who runs the shop, where no owner can see to it.

A link is printed once and kept as a hash: whoever asks again gets another, and the one before is
worth nothing. What is done here is in the audit log as done at the command line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from commands.exit_status import FOUND, OK, CommandError, command
from commands.page import ConsolePage, wide_page
from deployments.foundation.redis.connection import client
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.settings import settings
from deployments.staff.operator import Operator, link_url
from deployments.staff.store import SERVICE, StaffStore

_HEADERS = ("email", "name", "roles", "state", "second factor")
_TRIES = 2
Job = Callable[[ConsolePage, Redis], Awaitable[int]]
app = typer.Typer(help="Look after the people who run the shop.")


def owner_link(
    *,
    person: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="EMAIL",
            help="Let this person in again who has lost password or second factor.",
        ),
    ] = None,
) -> int:
    """Print the one-time link that makes the shop's first owner."""
    return _run(lambda page, redis: _link(page, redis, person))


async def _link(page: ConsolePage, redis: Redis, person: str | None) -> int:
    link = await (first_owner_link(redis) if person is None else _reset_link(redis, person))
    if link is None:
        page.say("There is an owner. Whom he cannot help, `--for EMAIL` does.", "yellow")
        return FOUND
    page.say(link)
    return OK


async def new_owner_link() -> str | None:
    """The same for the store at hand; none, too, if its Redis does not answer just now."""
    async with client(SERVICE, retries=_TRIES) as redis:
        try:
            return await first_owner_link(redis)
        except (RedisError, OSError):
            return None


async def first_owner_link(redis: Redis) -> str | None:
    """The address by which somebody becomes the first owner; none if there is one."""
    secret = await _operator(redis).owner_link()
    return None if secret is None else link_url(_public_url(), secret)


async def _reset_link(redis: Redis, person: str) -> str:
    try:
        secret = await _operator(redis).reset(person)
    except Rejection as no:
        raise CommandError(str(no)) from no
    return link_url(_public_url(), secret)


def _public_url() -> str:
    """Where people reach the store: as the operator says, else where it listens."""
    said = settings()
    return said.public_url if "public_url" in said.model_fields_set else said.local_url


def _operator(redis: Redis) -> Operator:
    return Operator(StaffStore(redis), utc_now)


@app.callback(invoke_without_command=True)
def staff(context: typer.Context) -> None:
    """List who runs the shop; end all their sessions."""
    if context.invoked_subcommand is None:
        list_people()


@app.command("list")
@command
def list_people() -> int:
    """List who runs the shop."""
    return _run(_listing)


@app.command("end-sessions")
@command
def end_sessions() -> int:
    """End all sessions of everybody, and forget the devices that are known."""
    return _run(_ending)


async def _listing(page: ConsolePage, redis: Redis) -> int:
    people = await StaffStore(redis).people()
    rows = [
        (one.email, one.name, ", ".join(one.roles), one.state, "yes" if one.second_factor else "no")
        for one in people
    ]
    if rows:
        page.table(_HEADERS, rows)
    else:
        page.say("Nobody runs the shop yet: `fieldhouse owner-link` prints a link that makes one.")
    return OK


async def _ending(page: ConsolePage, redis: Redis) -> int:
    count = await _operator(redis).end_sessions()
    page.say(f"All sessions of {count} people have ended.")
    return OK


def _run(job: Job) -> int:
    return asyncio.run(_at_this_store(job))


async def _at_this_store(job: Job) -> int:
    async with client(SERVICE, retries=_TRIES) as redis:
        return await job(wide_page(), redis)
