"""Serve's own API of a running store: what an operator would use to take a service away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx

from commands.serve_status import RUNNING, token
from tests.conditions import until
from tests.faults.tried_store import TriedStore

Json = dict[str, Any]
_PATH = "/api/serve/applications/"


class ServeApi:
    """The applications of one store, as they are declared and as they are."""

    def __init__(self, store: TriedStore) -> None:
        self._store, self._url = store, store.dashboard

    async def declared(self) -> Json:
        """The configuration that the store was started with, or was given last."""
        details = await self._ask("GET")
        apps = details["applications"].values()
        return {
            "proxy_location": details["proxy_location"],
            "http_options": {key: details["http_options"][key] for key in ("host", "port")},
            "applications": [app["deployed_app_config"] for app in apps],
        }

    async def declare(self, config: Json) -> None:
        """Let Serve bring about another configuration, and wait until it has."""
        await self._ask("PUT", config)
        wanted = {app["name"] for app in config["applications"]}

        async def done() -> bool:
            return await self._running() == wanted

        await until(done, f"only {sorted(wanted)} run", tell=self._store.tell)

    async def all_run(self) -> None:
        """Wait until every application is as it should be."""

        async def done() -> bool:
            with suppress(httpx.HTTPError):
                return len(await self._running()) == len((await self.declared())["applications"])
            return False

        await until(done, "all applications run", tell=self._store.tell)

    async def _running(self) -> set[str]:
        """The applications that run; none of them if one is on its way in or out."""
        apps = (await self._ask("GET"))["applications"]
        return set(apps) if {app["status"] for app in apps.values()} == {RUNNING} else set()

    async def _ask(self, method: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {token()}"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=60) as client:
            answer = (await client.request(method, _PATH, json=body)).raise_for_status()
            return dict(answer.json()) if answer.content else {}


def without(config: Json, app: str) -> Json:
    """The configuration less one application."""
    left = [each for each in config["applications"] if each["name"] != app]
    return {**config, "applications": left}


def with_environment(config: Json, app: str, **variables: str) -> Json:
    """The configuration with these environment variables for one application."""
    apps = [
        {**each, "runtime_env": {"env_vars": variables}} if each["name"] == app else each
        for each in config["applications"]
    ]
    return {**config, "applications": apps}


def hosting(config: Json, app: str, services: Sequence[str]) -> Json:
    """The configuration with these services in one application."""
    apps = [
        {**each, "args": {"services": list(services)}} if each["name"] == app else each
        for each in config["applications"]
    ]
    return {**config, "applications": apps}
