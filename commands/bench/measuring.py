"""One row at one number of connections: load, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.bench.load.dispatch import LoadGenerator
from commands.bench.load.jobs import Samples
from commands.bench.results import Latency, Measurement
from commands.bench.rows import Row
from commands.bench.stores.backlog import Reading, Watcher
from commands.bench.stores.processes import used_between
from commands.bench.stores.redis_counters import RedisCounters
from commands.loading.figures import percentile

_HALF, _MOST = 0.5, 0.99
_MILLISECONDS = 1000


def latency(seconds: Sequence[float]) -> Latency:
    """What durations come to; zero where there are none."""
    if not seconds:
        return Latency(count=0, p50=0, p99=0)
    half, most = (percentile(seconds, part) * _MILLISECONDS for part in (_HALF, _MOST))
    return Latency(count=len(seconds), p50=half, p99=most)


class Measuring:
    """Measures rows of one store."""

    def __init__(
        self, load: LoadGenerator, watcher: Watcher, *, scale: float, warm_seconds: float
    ) -> None:
        self._load, self._watcher = load, watcher
        self._scale, self._warm_seconds = scale, warm_seconds
        self._unsettled = True

    async def measure(self, row: Row, connections: int) -> tuple[Measurement, Reading]:
        """The row at so many connections, and the moment at which it began."""
        if row.uses is not None:
            journey, kind, for_each = row.uses
            wanted = max(2, round(for_each * connections))
            self._unsettled |= await self._load.make(journey, kind, wanted)
        elif self._unsettled or not row.followed:
            warm_seconds = row.warm_seconds_at(connections, self._warm_seconds)
            await self._load.run(row.name, connections, warm_seconds)
        if row.settled and self._unsettled:
            await self._watcher.settled()
        elif not row.settled:
            await self._watcher.caught_up()
        self._unsettled = not row.settled
        before = await self._watcher.now()
        seconds = row.seconds_at(connections) * self._scale
        samples = await self._load.run(row.name, connections, seconds)
        after = await self._watcher.now()
        cpu = used_between(before.cpu, after.cpu)
        redis = after.redis.since(before.redis)
        return measurement(row, connections, samples, cpu, redis), before


def measurement(
    row: Row,
    connections: int,
    samples: Samples,
    cpu: Mapping[str, float],
    redis: RedisCounters | None = None,
) -> Measurement:
    """What load came to; `cpu` and `redis` are of all units together."""
    units = len(samples.units)
    return Measurement(
        row=row.name,
        connections=connections,
        seconds=samples.seconds,
        units=latency(samples.units),
        spent=_spent(samples.spent),
        trouble=samples.trouble,
        cpu=cpu,
        redis=(redis or RedisCounters()).for_each_of(units),
        sent=samples.sent / units if units else 0,
        received=samples.received / units if units else 0,
    )


def _spent(by_request: Mapping[str, Sequence[float]]) -> dict[str, Latency]:
    """Where a journey is one request, its duration is said already."""
    if len(by_request) <= 1:
        return {}
    return {what: latency(seconds) for what, seconds in by_request.items()}
