"""What a configuration starts: what is added to it is broken too, and named nowhere else."""

from __future__ import annotations

from tests.faults.damage import replica
from tests.placements import Json, Placement


def applications(placement: Placement) -> list[str]:
    """The applications' names."""
    return [app["name"] for app in placement.applications]


def replicas(placement: Placement) -> dict[str, str]:
    """How the processes of each application's replicas are titled, by its name."""
    return {name: replica(name) for name in applications(placement)}


def replicated(placement: Placement) -> list[str]:
    """The applications that have several replicas at any time."""
    return [app["name"] for app in placement.applications if replicas_of(app) > 1]


def replicas_of(application: Json) -> int:
    """How many replicas an application has when nothing asks for more."""
    (deployment,) = application["deployments"]
    scaled = deployment.get("autoscaling_config", {})
    return int(scaled.get("min_replicas", deployment.get("num_replicas", 1)))


def actors(placement: Placement) -> dict[str, str]:
    """How the actors' processes are titled, by class."""
    declared = [
        actor["actor_class"].rpartition(":")[2]
        for app in placement.applications
        for deployment in app["deployments"]
        for actor in deployment.get("deployment_actors", ())
    ]
    return {name: f"ray::{name}" for name in declared}
