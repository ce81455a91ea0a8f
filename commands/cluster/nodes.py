"""The nodes of a cluster on which replicas may be, as Ray's dashboard knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from commands.deploying.serve_control import NoServeError
from commands.exit_status import UNUSABLE, CommandError
from commands.serve_status import token

_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class WorkerNode:
    """A node that takes replicas: Ray's name of it, and its address."""

    id: str
    address: str


class NoSuchNodeError(CommandError):
    """No node, or more than one, is named so; the message lists those there are."""

    status = UNUSABLE


class OnlyNodeError(CommandError):
    """There is no other node for what is on this one."""


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


def worker_node(nodes: Sequence[WorkerNode], name: str) -> WorkerNode:
    """The one with this address, or whose id begins so. Raises `NoSuchNodeError`."""
    found = [one for one in nodes if one.address == name or (name and one.id.startswith(name))]
    if len(found) != 1:
        known = ", ".join(f"{one.address} ({one.id[:8]})" for one in nodes)
        raise NoSuchNodeError(f"{name!r} names {len(found)} nodes for replicas. There are: {known}")
    return found[0]


def other_than(nodes: Sequence[WorkerNode], leaving: WorkerNode) -> list[WorkerNode]:
    """The nodes that stay. Raises `OnlyNodeError` if there is none."""
    staying = [one for one in nodes if one != leaving]
    if not staying:
        raise OnlyNodeError(
            f"{leaving.address} is the only node for replicas: start another one first."
        )
    return staying
