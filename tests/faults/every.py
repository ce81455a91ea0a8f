"""All the faults there are: whatever serve_config.yaml starts, killed, suspended, hung, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from commands.run_settings import PROJECT
from tests.faults.damage import (
    CONTROLLER,
    HAPROXY,
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
    found = [
        *_replicas(),
        *((actor, f"ray::{actor}") for actor in _actors()),
        ("Valkey", VALKEY),
        ("Serve's controller", CONTROLLER),
        ("Serve's HAProxy manager", "ray::HAProxyManager"),
    ]
    one = [Killed(f"{name} killed", title) for name, title in found]
    return [*one, Killed("HAProxy killed", HAPROXY, all_of_them=True)]


def stalls() -> list[Fault]:
    """Every service, and Valkey, too slow for a while or for good."""
    late = [
        Suspended(f"{name} suspended", title, PAST_DEADLINES_SECONDS) for name, title in _replicas()
    ]
    hung = [Hung(f"{name} hung", title) for name, title in _replicas()]
    valkey = [Suspended(f"Valkey stalls for {n} s", VALKEY, float(n)) for n in (3, 6, 20)]
    return [*late, *hung, *valkey]


def outages() -> list[Fault]:
    """Every row of the isolation table, in every way."""
    return [Outage(service, way) for service in TABLE for way in WAYS]


def _replicas() -> Iterator[tuple[str, str]]:
    """Every deployment, by its application's name if it is the first, and its processes' title."""
    for app in _applications():
        for deployment in app["deployments"]:
            first = deployment is app["deployments"][0]
            name = deployment["name"]
            yield app["name"] if first else name, replica(app["name"], name)


def _actors() -> Iterator[str]:
    """The actors' classes, which title their processes."""
    for app in _applications():
        for deployment in app["deployments"]:
            for actor in deployment.get("deployment_actors", ()):
                yield actor["actor_class"].rpartition(":")[2]


def _applications() -> list[dict[str, Any]]:
    config = yaml.safe_load((PROJECT / "serve_config.yaml").read_text())
    return list(config["applications"])
