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


class Mover:
    """Starts applications anew on a running cluster; `say` is told how far each is."""

    def __init__(self, serve: ServeControl, say: Callable[[str], None], *, seconds: float) -> None:
        self._serve, self._say, self._seconds = serve, say, seconds

    def move(self, application: str) -> None:
        """Start its replicas anew. When they serve the old ones finish what they are at, for which
        nobody waits.

        Raises `NotHealthyError` and `OverruledError` as a deployment does.
        """
        self._say(application)
        started = datetime.now(UTC).isoformat()
        Rollout(self._serve, application, self._say, seconds=self._seconds).replace(
            lambda declared: anew(declared, application, started), drained=False
        )


def anew(declaration: Json, application: str, started: str) -> Json:
    """The declaration in which one application was started at that time."""
    apps = [
        {**app, "runtime_env": _started(app.get("runtime_env") or {}, started)}
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


def _started(environment: Json, at: str) -> Json:
    return {**environment, "env_vars": {**environment.get("env_vars", {}), STARTED: at}}
