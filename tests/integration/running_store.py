"""The whole store as an operator runs it, in any placement: started, watched, and ended by TERM."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import IO

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from commands.ports import free_port
from commands.run_settings import PROJECT
from deployments.datastore.tied_process import start_tied
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.redis.connection import SECRET_FILE, password
from tests.placements import Placement

READY_WITHIN_SECONDS = 600
STOPPED_WITHIN_SECONDS = 120
"""Far more than it takes: only a store that hangs is cut off."""

_LAST_LINES = 40
_STARTS = 3
_RAY_IS_LATE = "The current node timed out during startup"
"""Ray gives a node 30 s to start, whatever else the machine is at, and no setting changes it."""
_DASHBOARD = re.compile(r"^dashboard\s+(http\S+),", re.MULTILINE)
_LOGS = re.compile(r"^\s+(/\S+/logs/serve)$", re.MULTILINE)


class RunningStore:
    """One store with data and a port of its own, which may be stopped and started again."""

    def __init__(self, placement: Placement, data: Path, output: Path) -> None:
        self.placement, self.data, self._output = placement, data, output
        self.port = free_port()
        self.metrics_port = None if placement.config else free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._launcher: subprocess.Popen[bytes] | None = None
        self._session: int | None = None
        self.first_answer: httpx.Response | None = None

    @property
    def output(self) -> str:
        """What the launcher has printed since the last start."""
        return self._output.read_text(errors="replace")

    @property
    def logs(self) -> Path:
        """Serve's own logs; there are none without Serve."""
        found = _LOGS.search(self.output)
        assert found, self.output
        return Path(found[1])

    @property
    def dashboard(self) -> str:
        """The address of Ray's dashboard; there is none without Ray."""
        found = _DASHBOARD.search(self.output)
        assert found, self.output
        return found[1]

    @property
    def scratch(self) -> Path:
        """What the launcher keeps for as long as it runs, Ray's session among it."""
        return self.logs.parents[3]

    def start(self, **environment: str) -> None:
        """Start it and wait until it says that it is ready."""
        for attempt in range(_STARTS):
            launcher = self._launch(environment)
            if self._comes_up(launcher):
                break
            self.stop()
            if _RAY_IS_LATE not in self.output or attempt + 1 == _STARTS:
                pytest.fail(f"The store did not come up.\n{self.tell()}", pytrace=False)
        # Asked at once: what is said to be ready is.
        self.first_answer = httpx.post(
            f"{self.base_url}/catalog/search",
            json={"query": "helmet"},
            timeout=60,
        )
        if self.placement.config is not None:
            (serve,) = psutil.Process(launcher.pid).children()
            self._session = os.getsid(serve.pid)

    def _launch(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self._output.open("wb") as output:
            self._launcher = launch(self.placement, output, **self._environment | environment)
        return self._launcher

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "FIELDHOUSE_DATA": str(self.data),
            "FIELDHOUSE_PORT": str(self.port),
            "FIELDHOUSE_METRICS_PORT": str(self.metrics_port or ""),
            # All tests are one platform, and ask more often than one may.
            "FIELDHOUSE_RATE_LIMITS": "off",
            # The platforms that are told of their orders are on this machine too.
            "FIELDHOUSE_WEBHOOKS_LOOPBACK": "allow",
            "FIELDHOUSE_SANDBOX_DISPATCH_SECONDS": "1",
            "FIELDHOUSE_SANDBOX_DELIVERY_SECONDS": "1",
        }

    def _comes_up(self, launcher: subprocess.Popen[bytes]) -> bool:
        last = time.monotonic() + READY_WITHIN_SECONDS
        while "Ctrl-C ends the store" not in self.output:
            if launcher.poll() is not None or time.monotonic() > last:
                return False
            time.sleep(0.2)
        return True

    def stop(self) -> int:
        """Send TERM and wait; gives the launcher's exit code."""
        assert self._launcher is not None
        self._launcher.send_signal(SIGTERM)
        try:
            return self._launcher.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
            pytest.fail(f"The store does not end.\n{self.tell()}", pytrace=False)

    def left_behind(self) -> list[str]:
        """Every process of the last run that has not ended, by number and title."""
        return [f"{process.pid} {title}" for process, title in self.processes()]

    def forget(self) -> None:
        """Remove what the launcher kept beside the data, when the store has ended."""
        if self.placement.config is not None:
            shutil.rmtree(self.scratch)

    def processes(self) -> Iterator[tuple[psutil.Process, str]]:
        """Every process of this store that has not ended, and what it calls itself."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                title = " ".join(process.cmdline())
                if self._is_ours(process, title) and process.status() != psutil.STATUS_ZOMBIE:
                    yield process, title

    def _is_ours(self, process: psutil.Process, title: str) -> bool:
        if self._launcher is not None and process.pid == self._launcher.pid:
            return True
        return os.getsid(process.pid) == self._session or str(self.data) in title

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A first-party client, with the key of development."""
        every = {"X-API-Key": DEVELOPMENT_KEY, **headers}
        return httpx.AsyncClient(base_url=self.base_url, headers=every, timeout=60)

    def redis(self, user: str) -> Redis:
        """A client of the embedded server as one of its users."""
        return Redis(
            unix_socket_path=str(self.data / "valkey.sock"),
            username=user,
            password=password(user, self.secret()),
            decode_responses=True,
        )

    def secret(self) -> str:
        """What the passwords of the embedded server's users derive from."""
        return (self.data / SECRET_FILE).read_text().strip()

    def mails(self) -> list[bytes]:
        """Every mail that buyers got."""
        return [file.read_bytes() for file in (self.data / "mail").glob("*.eml")]

    def tell(self) -> str:
        """What is known of a store that went wrong: its output, and the ends of its logs."""
        files = [self._output, self.data / "store.log", self.data / "valkey.log"]
        with suppress(AssertionError):
            files += sorted(self.logs.glob("*.log"))
        return "\n".join(f"--- {file}\n{_end_of(file)}" for file in files if file.exists())


def launch(placement: Placement, output: IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
    """Run the store with nothing set but what is given. It ends with the tests, if not before."""
    ours = ("FIELDHOUSE_", "REDIS_URL")
    outer = {k: v for k, v in os.environ.items() if not k.startswith(ours) and not k.endswith(ours)}
    return start_tied(
        [sys.executable, "-m", "commands", *placement.command],
        signal=SIGTERM,
        output=output,
        environment=outer | environment,
        directory=PROJECT,
    )


def _end_of(file: Path) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-_LAST_LINES:])
