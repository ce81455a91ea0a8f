"""Runs of the bench that nobody measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from commands.bench.results import (
    BenchRun,
    Call,
    Count,
    Following,
    Idle,
    Latency,
    Machine,
    Measurement,
    PlacementName,
    Start,
    StoredKeys,
    Turn,
)
from commands.bench.rows import ROWS
from commands.bench.stores.redis_counters import RedisCounters

MACHINE = Machine(
    processor="A processor",
    cores=2,
    memory_mib=8192,
    system="Linux 6",
    python="3.11.7",
    packages={"ray": "2.60.0"},
)
SPEED: dict[PlacementName, float] = {"one": 100.0, "together": 80.0, "apart": 20.0}
CPU = {"one": {"store": 1.0, "valkey": 0.1}, "together": {"store": 1.0, "controller": 0.2}}
APART = {"carts": 1.0, "checkout": 2.0, "haproxy": 0.5, "valkey": 0.5, "controller": 1.0}
REDIS = RedisCounters(round_trips=30, commands=100, bytes_in=1000, bytes_out=2000, keys=3, memory=9)


def measurement(row: str, rate: float, *, connections: int = 16, **more: object) -> Measurement:
    said = {
        "row": row,
        "connections": connections,
        "seconds": 2.0,
        "units": Latency(count=round(rate * 2), p50=1000 / rate, p99=3000 / rate),
        "cpu": {"store": 1.0, "load": 0.5, "others on the machine": 0.1},
        "redis": REDIS,
        "sent": 512,
        "received": 1536,
    }
    return Measurement.model_validate(said | more)


def following(purchases: int, cpu: dict[str, float]) -> Following:
    return Following(
        connections=16,
        purchases=purchases,
        buying=2.0,
        drained=400 / purchases,
        events=purchases * 17,
        cpu=cpu,
        redis=REDIS,
        mail=Latency(count=purchases, p50=20, p99=40),
        webhook=Latency(count=purchases, p50=30, p99=60),
    )


def turn(placement: PlacementName, faster: float = 1.0) -> Turn:
    speed, cpu = SPEED[placement] * faster, CPU.get(placement, APART)
    rows = [row for row in ROWS if placement in row.placements]
    return Turn(
        placement=placement,
        began=datetime(2026, 11, 28, tzinfo=UTC),
        start=Start(ready=1000 / speed, phases={"everything": 900 / speed}),
        idle=Idle(
            seconds=10, cpu={"store": 0.02}, memory={"store": 80.0}, processes=2, redis=REDIS
        ),
        measurements=tuple(
            measurement(row.name, speed * (100 if row.name == "ceiling" else 1), cpu=cpu)
            for row in rows
        ),
        following=(following(round(speed * 2), cpu),),
    )


def run(turns: Sequence[Turn], commit: str = "abcdef0123", note: str = "") -> BenchRun:
    call = Call(caller="checkout", callee="inventory", method="reserve", times=2)
    stored = StoredKeys(kind="{orders}:order:*", stays="for good", keys=1, bytes=2048)
    counts = [
        Count(
            row=row.name,
            followed=followed,
            calls=(call,),
            round_trips={"checkout": 3, "inventory": 2},
            events=4,
            stored=(stored,),
        )
        for row in ROWS
        for followed in {False, row.followed}
    ]
    return BenchRun(
        commit=commit,
        changed=False,
        date=datetime(2026, 11, 28, 12, 30, tzinfo=UTC),
        note=note,
        machine=MACHINE,
        minutes=10,
        load_processes=1,
        kind="whole",
        hosts={
            "one": {"checkout": "store", "inventory": "store"},
            "together": {"checkout": "store", "inventory": "store"},
            "apart": {"checkout": "checkout", "inventory": "inventory"},
        },
        turns=tuple(turns),
        counts=tuple(counts),
    )
