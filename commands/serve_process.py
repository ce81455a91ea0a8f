"""`serve run` as a child in a session of its own, and the end of everything in that session."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGINT

import psutil
import yaml

from commands.deploying.record import Record, starting
from commands.deploying.releases import Release, Releases
from commands.deploying.serve_control import RELEASE, with_release
from commands.ports import free_port
from commands.proxy.processes import ending_file
from commands.run_settings import PROJECT, RunSettings
from deployments.datastore.tied_process import start_tied

_SERVE_ENDS_WITHIN_SECONDS = 11.0
_REST_ENDS_WITHIN_SECONDS = 2.5
"""Together less than the 15 s that are promised. The rest has nothing left to do but the embedded
Redis, which writes what it has not written yet."""

_KEPT_SESSIONS = 3
_DASHBOARD = re.compile(r"dashboard at\D*?(https?://[\w.:\[\]-]+)")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
FIXED = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "5",
    "RAY_SERVE_HAPROXY_BINARY_PATH": str(PROJECT / "commands" / "haproxy.py"),
}
USUAL = {
    # Ray's ports are open to the network; its token is all that guards them.
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    # An hour otherwise, for which a client that never ends its headers holds a connection.
    "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": "30",
    # A request's head must fit: what is larger than the store allows is then refused by the store,
    # with 431, and not by the proxy.
    "RAY_SERVE_HAPROXY_TUNE_BUFSIZE": "65536",
    # Otherwise every request is a line that HAProxy's manager reads and counts, which takes half of
    # what the proxy takes. The store counts requests itself, and HAProxy has counters of its own.
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    # Ten seconds otherwise: how soon it is noticed that the only proxy, or an actor, is dead.
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "2",
    "RAY_SERVE_DEPLOYMENT_ACTOR_HEALTH_CHECK_PERIOD_S": "2",
    # At the end Serve stops callers before callees, and waits for each tier, 5 s or more. It takes
    # the datastore for a caller, which waits for services that are not told yet. Told at once, all
    # finish what they are doing, and the datastore goes last.
    "RAY_SERVE_SHUTDOWN_TIER_TIMEOUT_S": "0.1",
    # Ten times a second otherwise, which is a quarter of what an idle store uses.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.3",
}
_PORTS = {
    "RAY_SERVE_HAPROXY_STATS_PORT": 8404,
    "RAY_SERVE_HAPROXY_METRICS_PORT": 9101,
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": 8500,
}


class ServeProcess:
    """The running `serve run`, Ray's head and everything that they started."""

    def __init__(self, settings: RunSettings) -> None:
        _forget_old_sessions(settings.scratch / "ray")
        _keep_previous(settings.log)
        ending_file(settings.scratch).unlink(missing_ok=True)
        self._settings = settings
        self._release = Releases(settings.data).keep(PROJECT)
        self._record = starting(settings.data, self._release)
        self._read = settings.log.open("rb")
        self._half_line = b""
        self.dashboard: str | None = None
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        serve = Path(sys.executable).with_name("serve")
        command: list[str | Path] = [
            serve,
            "run",
            "--address",
            "local",
            config_file(self._settings, self._record),
        ]
        with self._settings.log.open("wb") as log:
            return start_tied(
                command,
                signal=SIGINT,
                output=log,
                environment=_environment(self._settings, self._release),
                # Ray puts the directory before all others in which it looks for code.
                directory=_empty(self._settings.scratch),
                new_session=True,
            )

    @property
    def deployed(self) -> dict[str, str]:
        """The applications that run another release than this checkout's, which was deployed."""
        return {name: one.release.name for name, one in self._record.applications.items()}

    @property
    def pid(self) -> int:
        """The process, whose number is that of the whole session."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether `serve run` is gone."""
        return self._process.poll() is not None

    def new_lines(self) -> Iterator[str]:
        """What was printed since the last time, by `serve run` and by actors."""
        *lines, self._half_line = (self._half_line + self._read.read()).split(b"\n")
        for line in lines:
            text = _ESCAPES.sub("", line.decode(errors="replace")).rstrip()
            if self.dashboard is None and (found := _DASHBOARD.search(text)):
                self.dashboard = found[1]
            yield text

    def members(self) -> list[psutil.Process]:
        """Every process of the session that has not ended."""
        return [process for process in psutil.process_iter() if self._is_member(process)]

    def _is_member(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error, ProcessLookupError):
            return os.getsid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE
        return False

    def stop(self) -> int:
        """End everything, gracefully while there is time; how many had to be killed."""
        ending_file(self._settings.scratch).touch()
        with suppress(ProcessLookupError):
            self._process.send_signal(SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SERVE_ENDS_WITHIN_SECONDS)
        last = time.monotonic() + _REST_ENDS_WITHIN_SECONDS
        while time.monotonic() < last and self.members():
            time.sleep(0.1)
        killed = self._kill_all()
        self._process.wait()
        self._read.close()
        return killed

    def _kill_all(self) -> int:
        killed = 0
        while members := self.members():
            for process in members:
                with suppress(psutil.Error):
                    process.kill()
            killed += len(members)
            self._process.poll()
            psutil.wait_procs(members, timeout=1)
        return killed


def _environment(settings: RunSettings, release: Release) -> dict[str, str]:
    scratch = settings.scratch
    ours = {
        "FIELDHOUSE_DATA": str(settings.data),
        RELEASE: release.name,
        "RAY_TMPDIR": str(scratch),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(scratch / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(scratch / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(scratch),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(scratch / "server-state"),
    }
    usual = {
        **USUAL,
        "FIELDHOUSE_PUBLIC_URL": settings.url,
        **{name: str(_free(port)) for name, port in _PORTS.items()},
    }
    code = Releases(settings.data).directory(release)
    return code_first(python_first({**usual, **os.environ, **FIXED, **ours}), code)


def code_first(environment: dict[str, str], code: Path) -> dict[str, str]:
    """The same environment, in which Python finds the store's packages in this directory first."""
    path = [str(code), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def python_first(environment: dict[str, str]) -> dict[str, str]:
    """The same environment, in which `python3` is the one that Ray is installed in.

    `commands/haproxy.py` is a program of its own and runs with the `python3` that is found first.
    """
    path = [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    return {**environment, "PATH": os.pathsep.join(path)}


def _free(port: int) -> int:
    """The port, or any other that is free if it is taken: nothing of the store relies on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return free_port()
    return port


def config_file(settings: RunSettings, record: Record) -> Path:
    """The configuration, or a copy of it that listens where the environment says, and in which
    every application has the release that was deployed last."""
    file = settings.config.resolve()
    config = yaml.safe_load(file.read_text())
    options = {**config["http_options"], "host": settings.host, "port": settings.port}
    wanted = {**config, "http_options": options}
    for application, deployed in record.applications.items():
        wanted = with_release(wanted, application, deployed.release)
    if wanted == config:
        return file
    copy = settings.scratch / "serve_config.yaml"
    copy.write_text(yaml.safe_dump(wanted, sort_keys=False))
    return copy


def _empty(scratch: Path) -> Path:
    """A directory with nothing in it."""
    directory = scratch / "empty"
    directory.mkdir(exist_ok=True)
    return directory


def _keep_previous(log: Path) -> None:
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
    log.touch(0o600)


def _forget_old_sessions(ray: Path) -> None:
    """Ray keeps the logs of every session forever; the last few are enough."""
    for session in sorted(ray.glob("session_2*"))[:-_KEPT_SESSIONS]:
        shutil.rmtree(session, ignore_errors=True)
