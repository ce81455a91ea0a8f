"""How long a request may take, by its service, or by its route where that takes longer."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route


@dataclass(frozen=True)
class Timeouts:
    """Seconds that a body may take to arrive, and that an answer may take, the body included."""

    body: float = 10.0
    answer: float = 15.0


USUAL = Timeouts()
UPLOAD = Timeouts(body=300.0, answer=310.0)
"""For files that people send over slow lines."""


class SlowRoute(Route):
    """A route that has timeouts of its own."""

    timeouts: Timeouts


def timeouts_of(route: Route, usual: Timeouts) -> Timeouts:
    """What holds for a route."""
    own = getattr(route, "timeouts", None)
    return own if isinstance(own, Timeouts) else usual
