"""What Serve is told on a cluster: a configuration of the store, reached from other nodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from commands.deploying.serve_control import Json


def declaration(config: Path, *, host: str, port: int, replicas: int = 1) -> Json:
    """The configuration of a file, listening there, with so many replicas of each service at least.

    What is not a service has one replica, as in the file.
    """
    said: Json = yaml.safe_load(config.read_text())
    return {
        **said,
        "proxy_location": "EveryNode",
        "http_options": {**said["http_options"], "host": host, "port": port},
        "applications": [_with_replicas(app, replicas) for app in said["applications"]],
    }


def with_what_stays(wanted: Json, declared: Mapping[str, Json]) -> Json:
    """The same, in which applications run the code that was deployed to them, and away from a node
    from which they were moved; `declared` is what Serve was told of each, by name."""
    apps = [_as_it_is(app, declared.get(app["name"], {})) for app in wanted["applications"]]
    return {**wanted, "applications": apps}


def _as_it_is(app: Json, declared: Json) -> Json:
    kept = {"runtime_env": code} if (code := declared.get("runtime_env")) else {}
    selectors = {
        one["name"]: {"label_selector": selector}
        for one in declared.get("deployments", ())
        if (selector := (one.get("ray_actor_options") or {}).get("label_selector"))
    }
    deployments = [
        {**one, "ray_actor_options": one["ray_actor_options"] | selectors.get(one["name"], {})}
        for one in app["deployments"]
    ]
    return {**app, **kept, "deployments": deployments}


def _with_replicas(app: Json, least: int) -> Json:
    deployments = [_scaled(deployment, least) for deployment in app["deployments"]]
    return {**app, "deployments": deployments}


def _scaled(deployment: Json, least: int) -> Json:
    scaling = deployment.get("autoscaling_config")
    if scaling is None:
        return dict(deployment)
    least = max(least, scaling["min_replicas"])
    most = max(least, scaling["max_replicas"])
    return {
        **deployment,
        "autoscaling_config": {**scaling, "min_replicas": least, "max_replicas": most},
    }
