"""Which Serve application hosts a service: said by `args.services` of each, and read from Serve."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ray import serve
from ray.serve.context import _get_global_client

from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.rpc.handles import ServeTransport
from deployments.foundation.rpc.location import Hosted

Api = TypeVar("Api")
_log = logging.getLogger(__name__)
DEPLOYMENT = "Services"
"""The name of every application's only deployment. It is the same whichever services there are, as
Serve would end a deployment of another name before its successor is there."""
_REACHED_WITHIN_SECONDS = 20.0
"""Far less than a replica may take to start."""
_ANSWERING = frozenset({"RUNNING", "PENDING_MIGRATION", "UPDATING"})
"""States of a replica, as Serve names them: what is on a node that is drained answers, too."""
_FRESH_SECONDS = 0.5
"""How long one answer serves: what several callers ask at once, Serve's controller tells once."""


class NotHostedError(Exception):
    """No application hosts the service."""


class Applications:
    """The applications of this Serve, by the services that they host."""

    def __init__(self) -> None:
        self._hosts: Mapping[str, str] = {}
        self._read_at = float("-inf")

    def host_of(self, service: str) -> Hosted:
        """The application that hosts a service. Blocks while Serve answers."""
        if service not in self._hosts or time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._hosts, self._read_at = hosts(_described()), time.monotonic()
        application = self._hosts.get(service)
        if application is None:
            raise NotHostedError(f"no application hosts {service}")
        # By the deployment's name. While an application's new code is loaded Serve knows which one
        # is its ingress no more (`get_app_handle`), and the old one serves on.
        return Hosted(application, serve.get_deployment_handle(DEPLOYMENT, app_name=application))

    def serving(self, services: Iterable[str]) -> list[str]:
        """Those of the services that somebody serves. Blocks while Serve answers."""
        return serving(_described(), services)


def _described() -> Mapping[str, Mapping[str, Any]]:
    client = _get_global_client(raise_if_no_controller_running=True)
    return dict(client.get_serve_details()["applications"])


def hosts(applications: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """By which of these applications, as Serve describes them, each service is hosted.

    Of two that host it the one that was deployed last counts, and one that does not run only if
    there is no other. What is being removed hosts nothing.
    """
    best_last = sorted(applications.items(), key=lambda item: _preference(item[1]))
    return {
        service: name
        for name, application in best_last
        if application["status"] != "DELETING"
        for service in _services_of(application)
    }


def serving(applications: Mapping[str, Mapping[str, Any]], services: Iterable[str]) -> list[str]:
    """Those of the services of whose application, as Serve describes it, a replica answers."""
    found = hosts(applications)
    return [one for one in services if one in found and _answers(applications[found[one]])]


def _answers(application: Mapping[str, Any]) -> bool:
    parts = (application.get("deployments") or {}).values()
    return any(one["state"] in _ANSWERING for part in parts for one in part.get("replicas", ()))


def _preference(application: Mapping[str, Any]) -> tuple[bool, float]:
    return application["status"] == "RUNNING", application["last_deployed_time_s"]


def _services_of(application: Mapping[str, Any]) -> list[str]:
    config = application.get("deployed_app_config") or {}
    return list((config.get("args") or {}).get("services", ()))


_APPLICATIONS = Applications()
_transports: dict[str, ServeTransport] = {}


def connect(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
    """The service `app` over a handle, as the protocol of its contract."""
    if app not in _transports:
        # One for the whole process: only what goes the same way can travel together.
        _transports[app] = ServeTransport(app, _APPLICATIONS.host_of)
    return dependency(api, _transports[app], app=app, seconds=seconds)


async def reach_dependencies() -> None:
    """Open the ways to services that are there, so that the first requests need not wait for that.

    To find a service and its replicas takes seconds where a machine is busy.
    """
    try:
        there = await asyncio.to_thread(_APPLICATIONS.serving, tuple(_transports))
    except Exception:  # noqa: BLE001 - then calls find their ways themselves.
        _log.exception("Serve does not say who serves")
        return
    ways = (_transports[service].reach(_REACHED_WITHIN_SECONDS) for service in there)
    await asyncio.gather(*ways)
