"""A Ray of its own with the applications that a test names, and no HTTP."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from typing import Any

import httpx
import psutil
import yaml

from commands.run_settings import PROJECT
from commands.serve_status import RUNNING, token
from deployments.datastore.tied_process import start_tied

Json = dict[str, Any]
_DASHBOARD = re.compile(r"dashboard at\D*?(https?://[\w.:\[\]-]+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ENDS_WITHIN_SECONDS = 30.0
_LAST_CHARACTERS = 4000


class SmallServe:
    """`serve run` in a session of its own."""

    def __init__(self, applications: list[Json], environment: Mapping[str, str]) -> None:
        # The paths of Ray's sockets must be short.
        self._directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
        config = self._directory / "config.yaml"
        config.write_text(
            yaml.safe_dump({"proxy_location": "Disabled", "applications": applications})
        )
        self._log = self._directory / "log"
        serve = Path(sys.executable).with_name("serve")
        with self._log.open("wb") as log:
            self._process = start_tied(
                [serve, "run", "--address", "local", config],
                signal=SIGINT,
                output=log,
                environment={**_outer(), "RAY_TMPDIR": str(self._directory), **environment},
                directory=PROJECT,
                new_session=True,
            )

    def _said(self) -> str:
        return _COLOURS.sub("", self._log.read_text(errors="replace"))

    def tell(self) -> str:
        """The last that it said."""
        return self._said()[-_LAST_CHARACTERS:]

    async def replicas(self) -> dict[str, tuple[int, int]]:
        """For each deployment how many replicas run, and how many Serve wants. None till all run.

        Fails if it has ended.
        """
        assert self._process.poll() is None, self.tell()
        found = _DASHBOARD.search(self._said())
        apps = await _applications(found[1]) if found else {}
        if not apps or {app["status"] for app in apps.values()} != {RUNNING}:
            return {}
        parts = [part for app in apps.values() for part in app["deployments"].items()]
        return {name: (_running(of), of["target_num_replicas"]) for name, of in parts}

    def stop(self) -> None:
        """End all of it, and leave nothing behind."""
        self._process.send_signal(SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN_SECONDS)
        while members := [each for each in psutil.process_iter() if self._is_member(each)]:
            for process in members:
                with suppress(psutil.Error):
                    process.kill()
            self._process.poll()
            psutil.wait_procs(members, timeout=1)
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _is_member(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error, ProcessLookupError):
            ours = os.getsid(process.pid) == self._process.pid
            return ours and process.status() != psutil.STATUS_ZOMBIE
        return False


async def _applications(dashboard: str) -> Json:
    """Serve's applications; none while the dashboard is coming up."""
    headers = {"Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=dashboard, headers=headers, timeout=60) as client:
        try:
            answer = (await client.get("/api/serve/applications/")).raise_for_status()
        except httpx.HTTPError:
            return {}
    return dict(answer.json().get("applications") or {})


def _running(deployment: Json) -> int:
    return sum(replica["state"] == RUNNING for replica in deployment["replicas"])


def _outer() -> dict[str, str]:
    """The environment without what would name another store."""
    ours = ("FIELDHOUSE_", "REDIS_URL")
    outer = {k: v for k, v in os.environ.items() if not k.startswith(ours) and not k.endswith(ours)}
    usual = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    return outer | usual
