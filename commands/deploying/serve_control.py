"""Serve's own API: what applications are declared, what became of them, and another declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from commands.deploying.releases import Release
from commands.exit_status import UNUSABLE, CommandError
from commands.serve_status import RUNNING, brief, token

Json = dict[str, Any]
_PATH = "/api/serve/applications/"
_ANSWERS_WITHIN_SECONDS = 30.0
RELEASE = "FIELDHOUSE_RELEASE"
"""Tells a replica which release it runs, for its logs."""


class NoServeError(CommandError):
    """Serve does not answer, or refuses what it was asked; the message says where and what."""

    status = UNUSABLE


@dataclass(frozen=True)
class ReplicaState:
    """A process of an application, as Serve names its state and Ray its node."""

    id: str
    state: str
    node: str
    """Empty while it has none."""


@dataclass(frozen=True)
class ApplicationState:
    """What became of an application that was declared."""

    status: str
    message: str
    replicas: Sequence[ReplicaState]

    @property
    def running(self) -> int:
        """How many replicas serve."""
        return len(self.nodes)

    @property
    def nodes(self) -> list[str]:
        """Where replicas serve: the node of each."""
        return [one.node for one in self.replicas if one.state == RUNNING]


class Declared:
    """What Serve says at one moment of all its applications."""

    def __init__(self, details: Json) -> None:
        self._details = details

    @property
    def declared(self) -> Json:
        """The declaration that is in force, in the form in which another one is made."""
        options = self._details["http_options"]
        return {
            "proxy_location": self._details["proxy_location"],
            "http_options": {key: options[key] for key in ("host", "port")},
            "applications": [
                app["deployed_app_config"] for app in self._details["applications"].values()
            ],
        }

    def by_name(self) -> dict[str, Json]:
        """What is declared of each application; nothing where Serve has none yet."""
        return {
            name: declared
            for name, app in (self._details.get("applications") or {}).items()
            if (declared := app.get("deployed_app_config"))
        }

    def status(self, application: str) -> ApplicationState:
        """How far an application is."""
        app = self._details["applications"].get(application, {"status": "DELETING"})
        parts = list((app.get("deployments") or {}).values())
        said = [part.get("message") for part in parts] + [app.get("message")]
        return ApplicationState(
            app["status"],
            next((brief(text) for text in said if text), ""),
            [
                ReplicaState(one["replica_id"], one["state"], one.get("node_id") or "")
                for part in parts
                for one in part.get("replicas", ())
            ],
        )

    def on(self, node: str) -> list[str]:
        """What is on a node, replicas that end and the proxy included."""
        apps = [app["name"] for app in self.declared["applications"]]
        there = [name for name in apps if node in {o.node for o in self.status(name).replicas}]
        proxy = ["the proxy"] if node in (self._details.get("proxies") or {}) else []
        return there + proxy


class ServeControl:
    """The Serve behind one dashboard."""

    def __init__(self, dashboard: str) -> None:
        self._dashboard = dashboard

    def find(self) -> Declared:
        """What there is now. Raises `NoServeError`."""
        return Declared(self._ask("GET"))

    def running(self) -> dict[str, int]:
        """How many replicas of each application run. Raises `NoServeError`."""
        found = self.find()
        names = [app["name"] for app in found.declared["applications"]]
        return {name: found.status(name).running for name in names}

    def declare(self, declaration: Json) -> None:
        """Ask Serve to bring this about; it leaves alone what is as declared."""
        self._ask("PUT", declaration)

    def _ask(self, method: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {token()}"}
        url = f"{self._dashboard}{_PATH}"
        try:
            answer = httpx.request(
                method, url, json=body, headers=headers, timeout=_ANSWERS_WITHIN_SECONDS
            )
        except httpx.HTTPError as failure:
            raise NoServeError(
                f"Serve does not answer at {url} ({type(failure).__name__}): is the store running?"
            ) from failure
        if answer.is_error:
            raise NoServeError(f"Serve answers {answer.status_code}: {brief(answer.text)}")
        return dict(answer.json()) if answer.content else {}


def environment_of(declaration: Json, application: str) -> Json | None:
    """The `runtime_env` of one application; none where it has none or is not there."""
    apps: dict[str, Json] = {app["name"]: app for app in declaration["applications"]}
    return apps.get(application, {}).get("runtime_env")


def release_in(declaration: Json, application: str) -> Release | None:
    """The release that an application is declared to run; none if it says nothing of one."""
    environment = environment_of(declaration, application) or {}
    name = environment.get("env_vars", {}).get(RELEASE)
    return None if name is None else Release(name, environment.get("working_dir", ""))


def hosts_of(declaration: Json, service: str) -> list[str]:
    """The applications that host a service: one, or two while it moves."""
    return [
        app["name"]
        for app in declaration["applications"]
        if service in (app.get("args") or {}).get("services", ())
    ]


def with_release(declaration: Json, application: str, release: Release) -> Json:
    """The declaration in which one application runs other code. Serve replaces that one alone."""
    apps = [
        {**app, "runtime_env": _environment(app.get("runtime_env") or {}, release)}
        if app["name"] == application
        else app
        for app in declaration["applications"]
    ]
    return {**declaration, "applications": apps}


def _environment(before: Mapping[str, Any], release: Release) -> Json:
    others = {name: value for name, value in before.items() if name != "working_dir"}
    code = {"working_dir": release.uri} if release.uri else {}
    return {**others, **code, "env_vars": {**before.get("env_vars", {}), RELEASE: release.name}}
