"""Services that are started anew, one after the other, so that their replicas lie elsewhere.

Serve moves no replica by itself, and a replica that starts lies wherever Ray puts it: on each node
in turn, as long as there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from commands.deploying.rollout import Rollout
from commands.deploying.serve_control import Declared, Json, ServeControl

STARTED = "STARTED_ANEW"
"""Tells one start of a service's replicas from another, in an environment that is else the same."""
NODE = "ray.io/node-id"
"""Ray's own label of each node."""
STOPPING = "STOPPING"
"""Of a replica that takes nothing new, and ends when it has answered what it was asked."""


class Mover:
    """Starts applications anew on a running cluster; `say` is told how far each is."""

    def __init__(self, serve: ServeControl, say: Callable[[str], None], *, seconds: float) -> None:
        self._serve, self._say, self._seconds = serve, say, seconds

    def move(self, application: str, *, away_from: str | None = None) -> None:
        """Start its replicas anew, none of them on that node. When they serve the old ones finish
        what they are at, for which nobody waits.

        Raises `NotHealthyError` and `OverruledError` as a deployment does.
        """
        self._say(application)
        started = datetime.now(UTC).isoformat()
        Rollout(self._serve, application, self._say, seconds=self._seconds).replace(
            lambda declared: anew(declared, application, started, away_from=away_from),
            drained=False,
        )


def anew(declaration: Json, application: str, started: str, *, away_from: str | None) -> Json:
    """The declaration in which one application was started at that time, away from a node."""
    apps = [
        {
            **app,
            "runtime_env": _started(app.get("runtime_env") or {}, started),
            "deployments": [_away(one, away_from) for one in app["deployments"]],
        }
        if app["name"] == application
        else app
        for app in declaration["applications"]
    ]
    return {**declaration, "applications": apps}


def on_one_node(found: Declared) -> Iterator[str]:
    """The applications that have several replicas, all of them on one node."""
    for app in found.declared["applications"]:
        nodes = found.status(app["name"]).nodes
        if len(nodes) > 1 and len(set(nodes)) == 1:
            yield app["name"]


def movable_on(found: Declared, node: str) -> Iterator[str]:
    """The applications with replicas on a node that can start beside themselves elsewhere."""
    for app in found.declared["applications"]:
        replicas = found.status(app["name"]).replicas
        there = any(one.node == node and one.state != STOPPING for one in replicas)
        if there and all(one.get("max_surge_percent") for one in app["deployments"]):
            yield app["name"]


def _started(environment: Json, at: str) -> Json:
    return {**environment, "env_vars": {**environment.get("env_vars", {}), STARTED: at}}


def _away(deployment: Json, node: str | None) -> Json:
    options = dict(deployment.get("ray_actor_options") or {})
    selected = {k: v for k, v in (options.pop("label_selector", None) or {}).items() if k != NODE}
    if node is not None:
        selected[NODE] = f"!{node}"
    if selected:
        options["label_selector"] = selected
    return {**deployment, "ray_actor_options": options}
