"""`fieldhouse lag`: how far each subscriber is behind its publishers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from commands.exit_status import OK
from commands.page import ConsolePage, wide_page
from commands.subscribers import Subscriber, subscribers
from deployments.foundation.events.lag import Lag
from deployments.topology import SUBSCRIPTIONS

_HEADERS = (
    "subscriber",
    "publisher",
    "waiting>",
    "oldest>",
    "failing>",
    "processes>",
    "dead letters>",
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def age(seconds: float) -> str:
    """A duration as people say it, in its largest unit."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h" if seconds < _DAY else f"{seconds / _DAY:.1f} d"


def row(service: str, behind: Lag, letters: int) -> list[str]:
    """A line of the table."""
    oldest = age(behind.oldest_seconds) if behind.waiting else "-"
    numbers = [str(behind.waiting), oldest, str(behind.failing), str(behind.readers), str(letters)]
    return [service, behind.publisher, *numbers]


async def rows_of(subscriber: Subscriber) -> list[list[str]]:
    """A subscriber's lines; its dead letters are those of all its publishers."""
    letters = await subscriber.letters.count()
    return [row(subscriber.service, behind, letters) for behind in await subscriber.meter.measure()]


async def show(page: ConsolePage, services: Sequence[str]) -> None:
    """Print the table."""
    async with subscribers(services) as found:
        page.table(_HEADERS, [line for each in found for line in await rows_of(each)])


def lag() -> int:
    """Show how far each service is behind its events."""
    asyncio.run(show(wide_page(), sorted(SUBSCRIPTIONS)))
    return OK
