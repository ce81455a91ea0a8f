"""The nodes of a cluster as Ray and Serve see them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import httpx

from commands.serve_status import RUNNING
from tests.cluster.cluster_store import TOKEN, ClusterStore
from tests.cluster.machine import Machine
from tests.conditions import until

Json = dict[str, Any]


async def serve_details(store: ClusterStore) -> Json | None:
    """All that Serve says of itself; none while it says nothing."""
    with suppress(httpx.HTTPError):
        return dict(await _ask(store, "/api/serve/applications/"))
    return None


async def replicas_on(store: ClusterStore) -> Counter[str]:
    """How many replicas serve on each machine."""
    details = await serve_details(store) or {"applications": {}}
    by_address = Counter(
        one["node_ip"]
        for app in details["applications"].values()
        for deployment in app["deployments"].values()
        for one in deployment["replicas"]
        if one["state"] == RUNNING
    )
    return Counter({one.name: by_address[one.address] for one in (store.head, *store.workers)})


async def on_one_machine(store: ClusterStore) -> list[str]:
    """The applications that have several replicas, all of them on one machine."""
    details = await serve_details(store) or {"applications": {}}
    found = []
    for name, app in details["applications"].items():
        replicas = [one for part in app["deployments"].values() for one in part["replicas"]]
        nodes = [one["node_ip"] for one in replicas if one["state"] == RUNNING]
        if len(nodes) > 1 and len(set(nodes)) == 1:
            found.append(name)
    return found


async def whole(store: ClusterStore, *without: Machine) -> None:
    """Wait until every deployment has as many replicas as it shall have, none of them there."""
    gone = {machine.address for machine in without}
    missing: list[str] = []

    async def done() -> bool:
        details = await serve_details(store)
        missing[:] = ["Serve"] if details is None else _missing(details, gone)
        return not missing

    def tell() -> str:
        return f"missing: {missing}\n{store.tell()}"

    await until(done, "all replicas run", tell=tell)


def _missing(details: Json, gone: set[str]) -> list[str]:
    apps = details["applications"]
    found = [name for name, app in apps.items() if app["status"] != RUNNING]
    for name, app in apps.items():
        for deployment in app["deployments"].values():
            serving = [one for one in deployment["replicas"] if one["state"] == RUNNING]
            ill = [one for one in deployment["replicas"] if one.get("node_ip") in gone]
            if ill or len(serving) < deployment["target_num_replicas"]:
                found.append(f"{name}: {len(serving)} serve, {len(ill)} are where they must not be")
    return found if apps else ["every application"]


async def _ask(store: ClusterStore, path: str) -> Json:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=store.dashboard, headers=headers, timeout=10) as client:
        return dict((await client.get(path)).raise_for_status().json())
