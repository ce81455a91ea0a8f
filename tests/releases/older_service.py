"""Runs one service of the previous release in a process of its own, until its input ends.

    python -m tests.releases.older_service orders /directory

`PYTHONPATH` names the previous release's code before this project. In the directory it answers
calls at `older`, calls today's services at `newer`, and answers HTTP at `http`.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from deployments.foundation.placement.host import Host
from deployments.foundation.redis.connection import client
from deployments.store import placed
from tests.releases.wire import Calling, answering


async def main(service: str, directory: Path) -> None:
    """Answer and consume."""
    host = Host(placed([service]), client, Calling(directory / "newer").connect)
    await host.start()
    http = uvicorn.Server(uvicorn.Config(host.app(), lifespan="off", log_config=None))
    with socket.socket(socket.AF_UNIX) as listening:
        # Whoever is told that it is ready may connect at once.
        listening.bind(str(directory / "http"))
        listening.listen()
        async with answering(host, directory / "older"):
            serving = asyncio.create_task(http.serve([listening]))
            print(Path(sys.modules[Host.__module__].__file__ or ""), flush=True)
            await asyncio.to_thread(sys.stdin.read)
            http.should_exit = True
            await serving
    await host.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
