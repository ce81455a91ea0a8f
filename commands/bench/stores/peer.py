"""Vendure, where somebody has set it up and started it: another store to measure beside this one.

The directory is where its set-up lies: `vendure/server.pid` and `worker.pid` name its processes,
`pg/data/postmaster.pid` that of its PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from commands.bench.load.shopper import Pool, Shopper, Workload
from commands.bench.load.vendure_journeys import offered, shipping_method
from commands.bench.load.worker import HttpClient
from commands.bench.stores.processes import Processes, TreeProcesses

PORT = 3400
_PIDS = {
    "Vendure": "vendure/server.pid",
    "Vendure's worker": "vendure/worker.pid",
    "PostgreSQL": "pg/data/postmaster.pid",
}


class NoPeerError(Exception):
    """Nothing is set up there; the message says what is missing."""


@dataclass(frozen=True)
class Peer:
    """The running peer: the processes that were started first, by role."""

    roots: dict[str, int]
    port: int = PORT

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def processes(self, load: Iterable[psutil.Process]) -> Processes:
        """Its processes, and those that put load on it."""
        return TreeProcesses(self.roots, load)

    async def workload(self) -> Workload:
        """What there is to ask it for."""
        client = HttpClient("127.0.0.1", self.port)
        slugs, variants = await offered(Shopper(client, Workload(), Pool()))
        some = Workload(products=tuple(slugs), skus=tuple(variants))
        option = await shipping_method(Shopper(client, some, Pool()))
        client.close()
        return some.model_copy(update={"option": option})


def peer_at(directory: Path) -> Peer:
    """The peer that was set up there. Raises `NoPeerError`."""
    try:
        roots = {role: int(_first(directory / file)) for role, file in _PIDS.items()}
    except (OSError, ValueError, IndexError) as missing:
        raise NoPeerError(f"No peer runs in {directory}: {missing}") from missing
    return Peer(roots)


def _first(file: Path) -> str:
    return file.read_text().split()[0]
