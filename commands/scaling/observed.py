"""What was seen while one service was under load, by the seconds since the load began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, Field

from commands.loading.figures import percentile

_MOST = 0.99


class TimedReply(BaseModel):
    """One unit of load that came back: when, and after how many seconds."""

    at: float
    seconds: float


class Census(BaseModel):
    """How many replicas of each application ran at a moment."""

    at: float
    replicas: Mapping[str, int]


class ScalingRun(BaseModel):
    """A whole run; `loaded` is how many seconds the load lasted."""

    service: str
    connections: int
    loaded: float = 0.0
    replies: list[TimedReply] = Field(default_factory=list)
    censuses: list[Census] = Field(default_factory=list)
    trouble: Counter[str] = Field(default_factory=Counter)

    def count(self, application: str, at: float) -> int:
        """How many replicas an application had at a moment."""
        before = [one for one in self.censuses if one.at <= at]
        return before[-1].replicas.get(application, 0) if before else 0

    def first_more(self, application: str) -> float | None:
        """Seconds from the load's begin until one more replica ran."""
        began = self.count(application, 0)
        return _first(self.censuses, application, 0, lambda count: count > began)

    def last_gone(self, application: str) -> float | None:
        """Seconds from the load's end until there were as few replicas as before it.

        None if that is not so yet, or there were never more.
        """
        began, more = self.count(application, 0), self.first_more(application)
        if more is None:
            return None
        after = max(self.loaded, more)
        at = _first(self.censuses, application, after, lambda count: count <= began)
        return None if at is None else at - self.loaded

    def most(self, application: str) -> int:
        """The most replicas that an application had."""
        return max(one.replicas.get(application, 0) for one in self.censuses)

    def others_that_grew(self, application: str) -> dict[str, int]:
        """Other applications that had more replicas than at the begin, with the most they had."""
        first = self.censuses[0].replicas
        return {
            name: self.most(name)
            for name in first
            if name != application and self.most(name) > first[name]
        }

    def p99(self, begin: float, end: float) -> float:
        """Of what came back in that time, in seconds; not a number if nothing did."""
        return percentile([one.seconds for one in self.within(begin, end)], _MOST)

    def within(self, begin: float, end: float) -> Sequence[TimedReply]:
        """What came back in that time."""
        return [one for one in self.replies if begin <= one.at < end]


def _first(
    censuses: Sequence[Census], application: str, after: float, holds: Callable[[int], bool]
) -> float | None:
    counts = ((one.at, one.replicas.get(application, 0)) for one in censuses if one.at >= after)
    return next((at for at, count in counts if holds(count)), None)
