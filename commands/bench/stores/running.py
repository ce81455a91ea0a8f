"""A store that the bench starts for one turn, with a port and data of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGTERM

import psutil
from redis.asyncio import Redis

from commands.bench.results import Start
from commands.bench.stores.placements import Placement
from commands.ports import free_port
from commands.run_settings import PROJECT
from deployments.datastore.server import ADMIN
from deployments.datastore.tied_process import start_tied
from deployments.foundation.redis.connection import SECRET_FILE, password

_UP = "Ctrl-C ends the store"
_READY = re.compile(r"^ready after (\d+\.\d) s$", re.MULTILINE)
_PHASE = re.compile(r"^ *(\d+\.\d) s  (\w+) +([A-Z_]+)$", re.MULTILINE)
_GCS = re.compile(r"--gcs-address=(\S+)")
_READY_WITHIN_SECONDS = 600.0
_ENDS_WITHIN_SECONDS = 90.0
_LOOK_SECONDS = 0.05
_SETTINGS = {
    # All clients are one platform, and ask as often as they can.
    "FIELDHOUSE_RATE_LIMITS": "off",
    "FIELDHOUSE_WEBHOOKS_LOOPBACK": "allow",
    # What follows a purchase follows at once, so that it can be counted to the end.
    "FIELDHOUSE_SANDBOX_DISPATCH_SECONDS": "0",
    "FIELDHOUSE_SANDBOX_DELIVERY_SECONDS": "0",
}


def clean_environment(**own: str) -> dict[str, str]:
    """The environment of a store of the bench: none of another store's settings, and these."""
    outer = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FIELDHOUSE_") and not name.endswith("REDIS_URL")
    }
    return outer | _SETTINGS | own


class StoreFailedError(Exception):
    """The store did not come up; the message is what it said last."""


class BenchStore:
    """A running store. `sessions` are those of its processes."""

    def __init__(
        self, placement: Placement, directory: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.placement, self.data = placement, directory / "data"
        self._settings = settings or {}
        self._output = directory / "output"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.sessions: set[int] = set()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> Start:
        """Start it, and wait until it says that it is ready. Raises `StoreFailedError`."""
        began = time.monotonic()
        with self._output.open("wb") as output:
            self._process = start_tied(
                self.placement.command(self.data.parent),
                signal=SIGTERM,
                output=output,
                environment=clean_environment(
                    FIELDHOUSE_DATA=str(self.data),
                    FIELDHOUSE_PORT=str(self._port),
                    **self._settings,
                ),
                directory=PROJECT,
                new_session=True,
            )
        while _UP not in (said := self._output.read_text(errors="replace")):
            if self._process.poll() is not None or time.monotonic() - began > _READY_WITHIN_SECONDS:
                raise StoreFailedError(said[-2000:])
            await asyncio.sleep(_LOOK_SECONDS)
        ready = time.monotonic() - began
        self._find_sessions(self._process.pid)
        return Start(ready=ready, phases=phases_of(said))

    def _find_sessions(self, launcher: int) -> None:
        children = psutil.Process(launcher).children(recursive=True)
        self.sessions = {os.getsid(pid) for pid in (launcher, *(each.pid for each in children))}

    async def stop(self) -> None:
        """End it, gracefully if it lets us."""
        if self._process is None:
            return
        self._process.send_signal(SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, _ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def kill(self) -> None:
        """End it at once: what it has is not needed any more."""
        if self._process is None or self._process.poll() is not None:
            return
        self._find_sessions(self._process.pid)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in self.sessions:
                    process.kill()
        await asyncio.to_thread(self._process.wait)

    def redis(self, user: str) -> Redis:
        """A client of its Redis as one of its users."""
        secret = (self.data / SECRET_FILE).read_text().strip()
        return Redis(
            unix_socket_path=str(self.data / "valkey.sock"),
            username=user,
            password=password(user, secret),
            decode_responses=True,
        )

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[Callable[[str], Redis]]:
        """Clients of its Redis by user, for as long as it lasts."""
        async with contextlib.AsyncExitStack() as stack:

            def client(user: str) -> Redis:
                redis = self.redis(user)
                stack.push_async_callback(redis.aclose)
                return redis

            yield client

    def ray(self) -> tuple[str, dict[str, str]] | None:
        """Ray's address and the environment of whoever joins it; none if no Ray runs it."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in self.sessions:
                    found = _GCS.search(" ".join(process.cmdline()))
                    if found is not None:
                        return found[1], process.environ()
        return None


def phases_of(output: str) -> dict[str, float]:
    """What the launcher said of when things came up: Serve itself, each application, everything."""
    found = _PHASE.findall(output)
    phases = {name: float(at) for at, name, state in found if state == "RUNNING"}
    deploying = [float(at) for at, _, state in found if state == "DEPLOYING"]
    if deploying:
        phases = {"Ray and Serve": min(deploying), **phases}
    ready = _READY.search(output)
    return phases | ({"everything": float(ready[1])} if ready else {})


@asynccontextmanager
async def store_of(placement: Placement, **settings: str) -> AsyncIterator[BenchStore]:
    """A store that has not been started, with these settings; nothing of it is left behind."""
    # A unix socket's path must be short, which the usual place of temporary files may not be.
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-bench-", dir="/tmp"))
    store = BenchStore(placement, directory, settings)
    try:
        yield store
    finally:
        await store.kill()
        shutil.rmtree(directory, ignore_errors=True)


def admin_of(store: BenchStore) -> Redis:
    """A client that may ask its Redis anything."""
    return store.redis(ADMIN)
