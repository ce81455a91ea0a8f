"""Makes a network with machines, what they need outside, and a store on them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from commands.ports import free_port
from tests.cluster.balancer import balancer
from tests.cluster.cluster_store import ClusterStore, Outside
from tests.cluster.machine import Machine
from tests.cluster.network import network
from tests.unit.notifications.smtp_server import smtp_server
from tests.valkey import valkey_server

_OPERATOR = "operator on >op ~* &* +@all"
_RAY = "ray on >ray ~RAY* ~DUMMY &* +@all -@admin -@dangerous +info"


@asynccontextmanager
async def running_cluster(
    workers: int, replicas: int, kind: type[ClusterStore] = ClusterStore
) -> AsyncIterator[ClusterStore]:
    """A head and workers, each a machine, with so many replicas of each service at least.

    Redis, the mail server and the load balancer are outside.
    """
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    with ExitStack() as stack:
        net = stack.enter_context(network())
        port, url = free_port(), f"http://{net.outside}:{free_port()}"
        users = (*("--user", *_OPERATOR.split()), *("--user", *_RAY.split()))
        bound = ("--bind", net.outside, "--port", str(port), "--protected-mode", "no")
        socket = stack.enter_context(valkey_server(directory, *bound, *users))
        machines = [
            Machine(name, net, number, directory, bare=kind is not ClusterStore)
            for number, name in enumerate(["head", *(f"worker{n + 1}" for n in range(workers))])
        ]
        nodes = {one.name: one.address for one in machines}
        host, _, web = url.removeprefix("http://").partition(":")
        stack.enter_context(balancer(directory, host, int(web), nodes))
        async with smtp_server(host=net.outside) as smtp:
            outside = Outside(net.outside, port, socket, smtp, url)
            store = kind(net, machines[0], machines[1:], outside, replicas)
            stack.callback(store.stop)
            await asyncio.to_thread(store.start)
            yield store
    shutil.rmtree(directory)
