"""`fieldhouse audit`: proves that the books of a store are straight, while it runs.

Reads the store that the environment names, as each service's own Redis user: the embedded one of
`FIELDHOUSE_DATA`, or those of `REDIS_URL` and `ORDERS_REDIS_URL` and so on. Exits with 0 if all
agrees, 1 if something does not, and 2 if a Redis does not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, nullcontext
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from commands.audit.books import Books
from commands.audit.checks import checks_of
from commands.audit.report import as_json, is_clean, page, show
from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from deployments.foundation.audit.findings import Check, Report, line_of
from deployments.foundation.redis.connection import client
from deployments.foundation.redis.layouts import check_layout
from deployments.foundation.values.clock import utc_now
from deployments.topology import SERVICES

_TRIES = 2


class NoAnswerError(CommandError):
    """A Redis does not answer; the message says which, why and what to do."""

    status = UNUSABLE


async def audit(books: Books, begin: Callable[[Check], None] = lambda _: None) -> list[Report]:
    """All checks, one after another."""
    reports = []
    for check in checks_of(books):
        begin(check)
        reports.append(Report(check, await check.run()))
    return reports


async def audit_this_store(begin: Callable[[Check], None]) -> list[Report]:
    """Audit the store that the environment names. Raises `NoAnswerError`, `WrongLayoutError`."""
    async with AsyncExitStack() as stack:
        clients = {service: client(service, retries=_TRIES) for service in SERVICES}
        for service, redis in clients.items():
            stack.push_async_callback(redis.aclose)
            await _reach(service, redis)
        try:
            return await audit(Books.of(clients.__getitem__), begin)
        except (RedisError, OSError) as gone:
            raise NoAnswerError(f"Redis stopped answering: {line_of(gone)}") from gone


async def _reach(service: str, redis: Redis) -> None:
    try:
        await redis.ping()
        await check_layout(redis, service)
    except (RedisError, OSError) as away:
        raise NoAnswerError(
            f"Redis does not answer the user {service!r}: {line_of(away)}. Is the store running, "
            "and are FIELDHOUSE_DATA or REDIS_URL set as they are for it?"
        ) from away


def audit_store(
    *, json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False
) -> int:
    """Prove that the books are straight."""
    console = page()
    status = console.status("") if console.is_terminal and not json else None
    with status or nullcontext():
        reports = asyncio.run(
            audit_this_store(lambda check: status.update(check.title) if status else None)
        )
    if json:
        typer.echo(as_json(reports, utc_now()))
    else:
        show(reports, console)
    return OK if is_clean(reports) else FOUND
