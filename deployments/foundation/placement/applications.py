"""Which Serve application hosts a service: said by `args.services` of each, and read from Serve."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar

from ray import serve
from ray.serve.context import _get_global_client

from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.rpc.handles import ServeTransport

Api = TypeVar("Api")
_FRESH_SECONDS = 0.5
"""How long one answer serves: what several callers ask at once, Serve's controller tells once."""


class NotHostedError(Exception):
    """No application hosts the service."""


class Applications:
    """The applications of this Serve, by the services that they host."""

    def __init__(self) -> None:
        self._hosts: Mapping[str, str] = {}
        self._read_at = float("-inf")

    def handle_of(self, service: str) -> Any:  # noqa: ANN401 - a handle's methods are its deployment's.
        """A handle of the application that hosts a service. Blocks while Serve answers."""
        if service not in self._hosts or time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._hosts, self._read_at = _hosts(), time.monotonic()
        application = self._hosts.get(service)
        if application is None:
            raise NotHostedError(f"no application hosts {service}")
        return serve.get_app_handle(application)


def _hosts() -> Mapping[str, str]:
    """Applications by service. One that is being deployed comes last, as it may not be up yet."""
    client = _get_global_client(raise_if_no_controller_running=True)
    details = client.get_serve_details()["applications"]
    ready_last = sorted(details.items(), key=lambda item: item[1]["status"] == "RUNNING")
    return {
        service: name for name, application in ready_last for service in _services_of(application)
    }


def _services_of(application: Mapping[str, Any]) -> list[str]:
    config = application.get("deployed_app_config") or {}
    return list((config.get("args") or {}).get("services", ()))


_APPLICATIONS = Applications()
_transports: dict[str, ServeTransport] = {}


def connect(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
    """The service `app` over a handle, as the protocol of its contract."""
    if app not in _transports:
        # One for the whole process: only what goes the same way can travel together.
        _transports[app] = ServeTransport(app, _APPLICATIONS.handle_of)
    return dependency(api, _transports[app], app=app, seconds=seconds)
