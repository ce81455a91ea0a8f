"""Proves that the books of a store are straight, while it runs: `make audit`.

Reads the store that the environment names, as each service's own Redis user: the embedded one of
`FIELDHOUSE_DATA`, or those of `REDIS_URL` and `ORDERS_REDIS_URL` and so on. Exits with 0 if all
agrees, 1 if something does not, and 2 if a Redis does not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, nullcontext

from redis.asyncio import Redis
from redis.exceptions import RedisError

from commands.auditing import sold, stock, subscribers
from commands.auditing.books import Books
from commands.auditing.departures import Departures
from commands.auditing.events import Events
from commands.auditing.findings import Check, Discrepancy, Findings, Report
from commands.auditing.links import Links
from commands.auditing.payments import Payments
from commands.auditing.prices import Prices
from commands.auditing.progress import Progress
from commands.auditing.provider import Provider
from commands.auditing.redemptions import Redemptions
from commands.auditing.report import as_json, is_clean, page, show
from commands.auditing.reservations import Reservations
from commands.auditing.sagas import Sagas
from commands.auditing.shipments import Shipments
from commands.auditing.totals import Totals
from deployments.foundation.redis.connection import client
from deployments.foundation.redis.users import SERVICES
from deployments.foundation.values.clock import utc_now

CHECKS = (
    Check("stock", "stock and reservations with the ledger", stock.check),
    Check("sold", "units sold with orders, by SKU", sold.check),
    Check("reservations", "reservations with sagas and orders", lambda b: Reservations(b).check()),
    Check("payments", "payments with orders", lambda b: Payments(b).check()),
    Check("provider", "payments with the sandbox's books", lambda b: Provider(b).check()),
    Check("totals", "orders with themselves and their checkouts", lambda b: Totals(b).check()),
    Check("prices", "orders with prices that the catalogue had", lambda b: Prices(b).check()),
    Check("sagas", "sagas with the time and their sessions", lambda b: Sagas(b).check()),
    Check(
        "redemptions", "redeemed codes with limits and checkouts", lambda b: Redemptions(b).check()
    ),
    Check("progress", "orders with what they follow", lambda b: Progress(b).check()),
    Check("shipments", "shipments with orders, reservations", lambda b: Shipments(b).check()),
    Check("departures", "units that left with shipments", lambda b: Departures(b).check()),
    Check("subscribers", "events with who consumes them", subscribers.check),
    Check("events", "events with each other and with what is so", lambda b: Events(b).check()),
    Check("links", "what names each other", lambda b: Links(b).check()),
)
CLEAN, DISCREPANCIES, UNREACHABLE, INTERRUPTED = 0, 1, 2, 130
_TRIES = 2


class NoAnswerError(Exception):
    """A Redis does not answer; the message is one line that says which, why and what to do."""


async def audit(books: Books, begin: Callable[[Check], None] = lambda _: None) -> list[Report]:
    """All checks, one after another."""
    reports = []
    for check in CHECKS:
        begin(check)
        reports.append(Report(check, await _findings(check, books)))
    return reports


async def _findings(check: Check, books: Books) -> Findings:
    """What a check found; that it met something it cannot read is a finding too."""
    try:
        return await check.run(books)
    except (ValueError, LookupError) as unreadable:
        what = f"The check stopped at something that cannot be read: {_line(unreadable)}."
        return Findings({}, (Discrepancy("unreadable", (), what),))


async def audit_this_store(begin: Callable[[Check], None]) -> list[Report]:
    """Audit the store that the environment names. Raises `NoAnswerError`."""
    async with AsyncExitStack() as stack:
        clients = {service: client(service, retries=_TRIES) for service in SERVICES}
        for service, redis in clients.items():
            stack.push_async_callback(redis.aclose)
            await _reach(service, redis)
        try:
            return await audit(Books.of(clients.__getitem__), begin)
        except (RedisError, OSError) as gone:
            raise NoAnswerError(f"Redis stopped answering: {_line(gone)}") from gone


async def _reach(service: str, redis: Redis) -> None:
    try:
        await redis.ping()
    except (RedisError, OSError) as away:
        raise NoAnswerError(
            f"Redis does not answer the user {service!r}: {_line(away)}. Is the store running, "
            "and are FIELDHOUSE_DATA or REDIS_URL set as they are for it?"
        ) from away


def _line(failure: Exception) -> str:
    return " ".join(str(failure).split()).rstrip(".") or type(failure).__name__


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status; a Redis that does not answer is one line."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__)
    parser.add_argument("--json", action="store_true", help="write one JSON object")
    options = parser.parse_args(arguments)
    try:
        return _run(as_machine=options.json)
    except NoAnswerError as away:
        print(f"audit: {away}", file=sys.stderr)
        return UNREACHABLE
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(*, as_machine: bool) -> int:
    console = page()
    status = console.status("") if console.is_terminal and not as_machine else None
    with status or nullcontext():
        reports = asyncio.run(
            audit_this_store(lambda check: status.update(check.title) if status else None)
        )
    if as_machine:
        print(as_json(reports, utc_now()))
    else:
        show(reports, console)
    return CLEAN if is_clean(reports) else DISCREPANCIES


if __name__ == "__main__":
    sys.exit(main())
