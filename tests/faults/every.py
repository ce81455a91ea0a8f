"""All the faults there are."""

from __future__ import annotations

from tests.faults.damage import (
    ACTORS,
    CONTROLLER,
    HAPROXY,
    SERVICES,
    VALKEY,
    Fault,
    Hung,
    Killed,
    Suspended,
    replica,
)
from tests.faults.outages import TABLE, WAYS, Outage

PAST_DEADLINES_SECONDS = 8.0
"""Longer than a call may take, and shorter than it takes Serve to replace who does not answer."""


def kills() -> list[Fault]:
    """Every kind of process of the store, killed."""
    replicas = [Killed(f"{service} killed", replica(service)) for service in SERVICES]
    actors = [Killed(f"{actor} killed", f"ray::{actor}") for actor in ACTORS]
    servers = [Killed("Valkey killed", VALKEY), Killed("HAProxy killed", HAPROXY, all_of_them=True)]
    serve = [
        Killed("Serve's controller killed", CONTROLLER),
        Killed("Serve's HAProxy manager killed", "ray::HAProxyManager"),
    ]
    return [*replicas, *actors, *servers, *serve]


def stalls() -> list[Fault]:
    """Every service, and Valkey, too slow for a while or for good."""
    late = [
        Suspended(f"{service} suspended", replica(service), PAST_DEADLINES_SECONDS)
        for service in SERVICES
    ]
    hung = [Hung(f"{service} hung", replica(service)) for service in SERVICES]
    valkey = [Suspended(f"Valkey stalls for {n} s", VALKEY, float(n)) for n in (3, 6, 20)]
    return [*late, *hung, *valkey]


def outages() -> list[Fault]:
    """Every row of the isolation table, in every way."""
    return [Outage(service, way) for service in TABLE for way in WAYS]
