"""The tables of `docs/scale.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.capacity.costs import (
    HAPROXY_MS,
    INVENTORY_SCRIPTS_MS,
    REDIS_MS,
    SERVICES_MS,
    WHOLE_MS,
    BytesKept,
    redis_ms,
)
from tests.capacity.journey import REQUESTS
from tests.capacity.plan import FULL, lasts_until, plan_for
from tests.capacity.simulation import Observed, simulate


class Load(NamedTuple):
    """A rate of purchases a second, and for how long it is simulated."""

    rate: float
    seconds: float
    warming: float


LOADS = (Load(1, 400, 2), Load(100, 10, 2), Load(10_000, 0.1, 0.3))
GREATEST = max(SERVICES_MS, key=redis_ms)
"""The service that takes most of Redis."""


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as Markdown; all columns but the first are numbers."""
    rule = ["---", *("---:" for _ in headers[1:])]
    lines = [headers, rule, *(tuple(map(str, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parts() -> str:
    """What each part costs, and until when one of it lasts."""
    rows: list[tuple[str, float]] = [
        (f"a replica of {name}", ms)
        for name, ms in sorted(SERVICES_MS.items(), key=lambda pair: -pair[1])
    ]
    rows += [
        ("Redis, all services on one node", REDIS_MS),
        (f"Redis, {GREATEST} on a node of its own", redis_ms(GREATEST)),
        ("Redis, orders on a node of its own", redis_ms("orders")),
        ("Redis, inventory's scripts until the answer", INVENTORY_SCRIPTS_MS),
        ("HAProxy", HAPROXY_MS),
    ]
    return table(
        ("one core of", "ms a purchase", "is full at, purchases/s"),
        [(name, f"{ms:.3g}", f"{lasts_until(ms):,.0f}") for name, ms in rows],
    )


def needs() -> str:
    """What a rate needs."""
    kept, plans = BytesKept(), [plan_for(load.rate) for load in LOADS]
    rates = [f"{plan.rate:,.0f}/s" for plan in plans]
    rows: list[tuple[str, list[str]]] = [
        (f"cores in all, {name}", [_cores(plan.rate * ms) for plan in plans])
        for name, ms in WHOLE_MS.items()
    ]
    rows += [
        ("replicas apart", [f"{sum(plan.replicas.values()):,}" for plan in plans]),
        ("of them checkout's", [f"{plan.replicas['checkout']:,}" for plan in plans]),
        ("Redis nodes", [f"{plan.redis_nodes:,}" for plan in plans]),
        (f"partitions of {GREATEST}", [f"{plan.partitions:,}" for plan in plans]),
        ("Redis memory, steady", [_bytes(plan.rate * kept.steady) for plan in plans]),
        ("and for good, a year", [_bytes(plan.rate * kept.a_year) for plan in plans]),
    ]
    return table(("needed", *rates), [(name, *cells) for name, cells in rows])


def _cores(milliseconds: float) -> str:
    cores = milliseconds / 1000 / FULL
    return f"{cores:,.0f}" if cores > 1 else f"{cores:.1f}"


def _bytes(count: float) -> str:
    for unit in ("GB", "TB"):
        count /= 1e9 if unit == "GB" else 1e3
        if count < 1000:
            return f"{count:,.0f} {unit}"
    return f"{count / 1e3:,.0f} PB"


def simulated(loads: Sequence[Load] = LOADS) -> list[str]:
    """What buyers see, a row for each rate."""
    found = [(load, _simulate(load)) for load in loads]
    return [
        "| "
        + " | ".join(
            [
                f"{load.rate:,.0f}/s",
                *(
                    f"{seen.percentile(one, 0.5):.0f}, {seen.percentile(one, 0.99):.0f}"
                    for one in REQUESTS
                ),
                f"{max(seen.busy[name] for name in SERVICES_MS):.0%}",
                f"{seen.busy['redis']:.0%}",
            ]
        )
        + " |"
        for load, seen in found
    ]


def _simulate(load: Load) -> Observed:
    return simulate(plan_for(load.rate), seconds=load.seconds, warming=load.warming)


HEAD = table(("ms: p50, p99", *REQUESTS, "busiest service", "Redis"), [])
