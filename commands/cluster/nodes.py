"""The nodes of a cluster on which replicas may be, as Ray's dashboard knows them."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from commands.deploying.serve_control import NoServeError
from commands.serve_status import token

_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class WorkerNode:
    """A node that takes replicas: Ray's name of it, and its address."""

    id: str
    address: str


def worker_nodes(dashboard: str) -> list[WorkerNode]:
    """Every node that is alive and has processors for replicas. Raises `NoServeError`."""
    headers = {"Authorization": f"Bearer {token()}"}
    try:
        answer = httpx.get(
            f"{dashboard}/api/v0/nodes",
            params={"detail": "true"},
            headers=headers,
            timeout=_WITHIN_SECONDS,
        ).raise_for_status()
    except httpx.HTTPError as failure:
        raise NoServeError(f"Ray names no nodes at {dashboard}: {failure}") from failure
    return [
        WorkerNode(str(node["node_id"]), str(node["node_ip"]))
        for node in answer.json()["data"]["result"]["result"]
        if node["state"] == "ALIVE" and (node["resources_total"] or {}).get("CPU")
    ]
