"""Shows how far each subscriber is behind its publishers: `make lag`.

Exits with 0, or with 2 if a Redis does not answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from redis.exceptions import RedisError

from commands.receipt import ReceiptPage
from commands.subscribers import NO_ANSWER, Subscriber, subscribers, wide_page
from deployments.foundation.events.lag import Lag
from deployments.foundation.redis.users import SUBSCRIPTIONS

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


def row(service: str, lag: Lag, letters: int) -> list[str]:
    """A line of the table."""
    oldest = age(lag.oldest_seconds) if lag.waiting else "-"
    numbers = [str(lag.waiting), oldest, str(lag.failing), str(lag.readers), str(letters)]
    return [service, lag.publisher, *numbers]


async def rows_of(subscriber: Subscriber) -> list[list[str]]:
    """A subscriber's lines; its dead letters are those of all its publishers."""
    letters = await subscriber.letters.count()
    return [row(subscriber.service, lag, letters) for lag in await subscriber.meter.measure()]


async def show(page: ReceiptPage, services: Sequence[str]) -> None:
    """Print the table."""
    async with subscribers(services) as found:
        page.table(_HEADERS, [line for each in found for line in await rows_of(each)])


def main() -> int:
    """Print the table of all subscribers."""
    try:
        asyncio.run(show(wide_page(), sorted(SUBSCRIPTIONS)))
    except (RedisError, OSError) as reason:
        print(NO_ANSWER.format(reason=reason), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
