"""What every worker did, written down so that it survives the worker's death."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.subscriptions import Handler, Subscription, inbox_place

_LENGTH = 64
"""Every entry has as many bytes, so that a file's size tells how many there are."""


class LoggedEffect(NamedTuple):
    """An event was handed over, `new` or `again` after it took effect; or an attempt `failed`."""

    what: str
    event: str


class EffectLog:
    """One worker's entries, in a file of its own."""

    def __init__(self, directory: Path, service: str) -> None:
        name = directory / f"{service}.{os.getpid()}"
        self._service = service
        self._file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, event: str) -> None:
        """Written before this returns: only a power cut loses it."""
        os.write(self._file, f"{what} {event}".ljust(_LENGTH - 1).encode() + b"\n")

    def watched(self, subscription: Subscription, own: Redis) -> Subscription:
        """The subscription, with an entry for every call of its handlers."""
        handlers = {kind: self._noted(of, own) for kind, of in subscription.handlers.items()}
        return replace(subscription, handlers=handlers)

    def _noted(self, handler: Handler, own: Redis) -> Handler:
        async def handle(envelope: Envelope) -> None:
            place = inbox_place(self._service, envelope.id)
            seen = await cast(Any, own.hexists(*place))
            self.note("again" if seen else "new", envelope.id)
            try:
                await handler(envelope)
            except Exception:
                self.note("failed", envelope.id)
                raise

        return handle


def count(directory: Path) -> int:
    """How many entries there are altogether."""
    return sum(file.stat().st_size for file in directory.iterdir()) // _LENGTH


def entries(directory: Path) -> Iterator[tuple[str, LoggedEffect]]:
    """Every entry with its service."""
    for file in directory.iterdir():
        for line in file.read_text().splitlines():
            yield file.name.partition(".")[0], LoggedEffect(*line.split())


class EffectTally(NamedTuple):
    """All entries of one service, or of all."""

    events: int
    """Different events that were handled."""
    redelivered: int
    """Calls for an event that had been handed over before, other than after a failure."""
    suppressed: int
    """Those of them that came when the event had taken effect already."""
    failed: int
    """Attempts that failed, and were made again."""


def tallies(directory: Path) -> dict[str, EffectTally]:
    """What came of it, by service."""
    services: dict[str, list[LoggedEffect]] = {}
    for service, entry in entries(directory):
        services.setdefault(service, []).append(entry)
    return {service: _tally(of) for service, of in sorted(services.items())}


def _tally(of: list[LoggedEffect]) -> EffectTally:
    kinds = Counter(entry.what for entry in of)
    events = len({entry.event for entry in of})
    calls = kinds["new"] + kinds["again"]
    return EffectTally(events, calls - events - kinds["failed"], kinds["again"], kinds["failed"])
