"""The logs of a store's replicas, on whatever node they are, through Ray's log API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from commands.serve_status import token

_WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.5
"""How often a node looks for new lines while one follows."""
_TRIES, _AGAIN_SECONDS = 5, 1.0
"""A dashboard whose nodes are busy fails now and then."""


class LogFile(NamedTuple):
    """A replica's log on a node."""

    node: str
    name: str


class RayLogs:
    """The logs that one dashboard can reach."""

    def __init__(self, dashboard: str) -> None:
        self._client = httpx.Client(
            base_url=dashboard,
            headers={"Authorization": f"Bearer {token()}"},
            timeout=_WITHIN_SECONDS,
        )

    def files(self, applications: set[str]) -> list[LogFile]:
        """The logs of all replicas of these applications, also of those that have ended."""
        return [
            LogFile(node, name)
            for node in self._nodes()
            for application in sorted(applications)
            for name in self._names(node, f"serve/store_{application}_*.log")
        ]

    def lines(self, file: LogFile, last: int, *, follow: bool) -> Iterator[str]:
        """The last lines of a log, and those that come while one follows."""
        wanted = {"node_id": file.node, "filename": file.name, "lines": str(last)}
        if not follow:
            yield from _events(self._get("/api/v0/logs/file", **wanted))
            return
        wanted["interval"] = str(_LOOK_SECONDS)
        with self._client.stream(
            "GET", "/api/v0/logs/stream", params=wanted, timeout=None
        ) as answer:
            yield from _events(answer.raise_for_status())

    def _nodes(self) -> list[str]:
        found: list[dict[str, Any]] = self._get("/nodes", view="summary").json()["data"]["summary"]
        alive = [node["raylet"] for node in found if node["raylet"].get("state") == "ALIVE"]
        return [one["nodeId"] for one in alive]

    def _names(self, node: str, glob: str) -> list[str]:
        found = self._get("/api/v0/logs", node_id=node, glob=glob).json()["data"]["result"]
        return sorted(name for names in found.values() for name in names)

    def _get(self, path: str, **query: str) -> httpx.Response:
        answer = self._client.get(path, params=query)
        for _ in range(_TRIES - 1):
            if not answer.is_server_error:
                break
            time.sleep(_AGAIN_SECONDS)
            answer = self._client.get(path, params=query)
        return answer.raise_for_status()


def _events(answer: httpx.Response) -> Iterator[str]:
    for line in answer.iter_lines():
        # Ray puts a byte before each part that says whether it went well.
        yield line.lstrip("01") if line[:2] in ("1{", "0{") else line
