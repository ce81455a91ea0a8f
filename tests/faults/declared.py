"""What serve_config.yaml starts: what is added to it is broken too, and named nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from commands.run_settings import PROJECT
from tests.faults.damage import replica

_READS_EVENTS = "deployments.foundation.events.lag_scaling:LagPolicy"
"""The scaling of whatever reads events."""


def services() -> list[str]:
    """The applications' names."""
    return [app["name"] for app in _applications()]


def listeners() -> list[str]:
    """The applications that read events."""
    return [app["name"] for app in _applications() if any(map(_reads, app["deployments"]))]


def replicas() -> dict[str, str]:
    """The titles of each deployment's processes, by its own name, or its application's if it is
    the first of it."""
    return dict(_replicas())


def actors() -> dict[str, str]:
    """The titles of the actors' processes, by class."""
    return {name: f"ray::{name}" for name in _actors()}


def _replicas() -> Iterator[tuple[str, str]]:
    for app in _applications():
        first, *others = (deployment["name"] for deployment in app["deployments"])
        yield app["name"], replica(app["name"], first)
        yield from ((other, replica(app["name"], other)) for other in others)


def _actors() -> Iterator[str]:
    for app in _applications():
        for deployment in app["deployments"]:
            for actor in deployment.get("deployment_actors", ()):
                yield actor["actor_class"].rpartition(":")[2]


def _reads(deployment: dict[str, Any]) -> bool:
    policy = deployment.get("autoscaling_config", {}).get("policy", {})
    return bool(policy.get("policy_function") == _READS_EVENTS)


@cache
def _applications() -> list[dict[str, Any]]:
    config = yaml.safe_load((PROJECT / "serve_config.yaml").read_text())
    return list(config["applications"])
