"""The whole store on a cluster of machines, brought there by the commands of cluster.yaml."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from redis.asyncio import Redis

from commands.run_settings import PROJECT
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.redis.connection import password
from tests.cluster.machine import Machine
from tests.cluster.network import Network
from tests.placements import Placement, placement_of
from tests.unit.notifications.smtp_server import SmtpServer

DASHBOARD_PORT = 8265
_TUNNEL = Path(__file__).with_name("tunnel.py")
_LAST_LINES = 60
_BOOTSTRAP = re.compile(r"--autoscaling-config=\S+")
TOKEN = "a-token-of-the-cluster-as-long-as-it-must-be"  # noqa: S105 - it guards this cluster.
SECRET = "a secret of the cluster"  # noqa: S105 - it guards an empty server.
LAUNCHER: Mapping[str, Any] = yaml.safe_load((PROJECT / "cluster.yaml").read_text())


@dataclass(frozen=True)
class Outside:
    """What a cluster finds outside itself."""

    redis_host: str
    redis_port: int
    socket: Path
    """Where the tests enter the same Redis."""
    smtp: SmtpServer
    url: str
    """The load balancer's address."""


class ClusterStore:
    """A head and workers. The head may be killed and come back, workers may go and others come.

    A head without workers has the replicas itself.
    """

    def __init__(
        self,
        network: Network,
        head: Machine,
        workers: Sequence[Machine],
        outside: Outside,
        replicas: int,
    ) -> None:
        self.network = network
        self.placement: Placement = placement_of("apart")
        self.head, self.workers, self._outside = head, list(workers), outside
        self._replicas = replicas
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._tunnel: subprocess.Popen[bytes] | None = None

    @property
    def dashboard(self) -> str:
        """The head's dashboard, through a tunnel."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def start(self) -> None:
        """What `ray up` does: the head, the workers, the store."""
        for machine in (self.head, *self.workers):
            machine.boot()
        *ray, declare = commands("head_start_ray_commands")
        for words in ray:
            self.on(self.head, words)
        for worker in self.workers:
            self.start_worker(worker)
        self.open_tunnel()
        self.on(self.head, f"{declare} --replicas {self._replicas}", seconds=900)

    def start_head(self) -> None:
        """What `ray up` does with a head that is gone: the store is still declared."""
        self.head.boot()
        *ray, _declare = commands("head_start_ray_commands")
        for words in ray:
            self.on(self.head, words)
        self.open_tunnel()

    def start_worker(self, worker: Machine) -> None:
        """Let a machine that has been booted join."""
        for words in commands("worker_start_ray_commands"):
            self.on(worker, words)

    def on(self, machine: Machine, words: str, *, seconds: float = 300) -> str:
        """What a command prints on a machine."""
        return machine.run(words, self._environment(machine), seconds=seconds)

    def operate(self, words: str) -> str:
        """What an operator's command prints, typed on the head."""
        there = "cd ~/fieldhouse && set -a && . ./node.env && . ~/fieldhouse.env"
        return self.on(self.head, f"{there} && {words}", seconds=1500)

    def _environment(self, machine: Machine) -> dict[str, str]:
        """What the launcher says, and where the checkout is that `pip` would have installed."""
        (machine.home / "fieldhouse.env").write_text(self.env_file())
        head = {"RAY_OVERRIDE_RESOURCES": json.dumps({"CPU": 0})}
        code = {"PYTHONPATH": str(machine.home / "fieldhouse")}
        return {
            "RAY_HEAD_IP": self.head.address,
            **code,
            **(head if machine is self.head and self.workers else {}),
        }

    def env_file(self) -> str:
        """cluster.env, filled in."""
        out = self._outside
        filled = {
            "REDIS_URL": f"redis://operator:op@{out.redis_host}:{out.redis_port}",
            "FIELDHOUSE_REDIS_SECRET": f"'{SECRET}'",
            "FIELDHOUSE_DEVELOPMENT_KEY": "allow",
            "FIELDHOUSE_PAYMENTS": "sandbox",
            "FIELDHOUSE_PUBLIC_URL": out.url,
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_REDIS_ADDRESS": f"{out.redis_host}:{out.redis_port}",
            "RAY_REDIS_USERNAME": "ray",
            "RAY_REDIS_PASSWORD": "ray",
            "FIELDHOUSE_TRUSTED_PROXIES": "1",
            "FIELDHOUSE_RATE_LIMITS": "off",
            "SMTP_URL": out.smtp.url,
            "FIELDHOUSE_PICTURES": "s3://nobody-asks-for-pictures-here",
            "FIELDHOUSE_SANDBOX_DISPATCH_SECONDS": "1",
            "FIELDHOUSE_SANDBOX_DELIVERY_SECONDS": "1",
        }
        return "".join(f"{name}={value}\n" for name, value in filled.items())

    def open_tunnel(self) -> None:
        """Make the head's dashboard reachable; again after the head was killed."""
        self.close_tunnel()
        descriptor = self._listening.fileno()
        inside = ("nsenter", "--target", str(self.head.pid), "--net")
        self._tunnel = subprocess.Popen(
            [*inside, sys.executable, str(_TUNNEL), str(descriptor), str(DASHBOARD_PORT)],
            pass_fds=[descriptor],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close_tunnel(self) -> None:
        """Let nobody reach the dashboard any more."""
        if self._tunnel is not None:
            self._tunnel.terminate()
            self._tunnel.wait()
            self._tunnel = None

    def stop(self) -> None:
        """End it all: nothing is kept."""
        self.close_tunnel()
        self._listening.close()
        for machine in (*self.workers, self.head):
            if machine.is_up:
                machine.kill()

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A first-party client, through the load balancer."""
        every = {"X-API-Key": DEVELOPMENT_KEY, **headers}
        return httpx.AsyncClient(base_url=self._outside.url, headers=every, timeout=60)

    def redis(self, user: str) -> Redis:
        """A client of the Redis outside."""
        admin = user == "admin"
        return Redis(
            unix_socket_path=str(self._outside.socket),
            username=None if admin else user,
            password=None if admin else password(user, SECRET),
            decode_responses=True,
        )

    def secret(self) -> str:
        """What the passwords of the services' users derive from."""
        return SECRET

    def mails(self) -> list[bytes]:
        """Every mail that the server outside was given; copies have one Message-ID."""
        taken = {message_from_bytes(mail)["Message-ID"]: mail for mail in self._outside.smtp.taken}
        return list(taken.values())

    def processes(self) -> Iterator[tuple[psutil.Process, str]]:
        """What runs on all machines."""
        for machine in (self.head, *self.workers):
            yield from on_machine(machine)

    def tell(self) -> str:
        """The ends of what machines printed, and of Serve's and Ray's logs on them."""
        found = []
        for machine in (self.head, *self.workers):
            logs = list(machine.ray.glob("session_2*/logs"))
            files = [machine.output, *(file for one in logs for file in _telling(one))]
            found += [f"--- {file}\n{_end_of(file)}" for file in files if file.exists()]
        return "\n".join(found)


def on_machine(machine: Machine) -> Iterator[tuple[psutil.Process, str]]:
    """What runs on a machine, and what it calls itself."""
    for process in machine.processes():
        with suppress(psutil.Error, ProcessLookupError):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process, " ".join(process.cmdline())


def commands(stage: str) -> list[str]:
    """The launcher's commands of a stage, without the cloud that it would ask for machines."""
    return [_BOOTSTRAP.sub("", words) for words in LAUNCHER[stage]]


def _telling(logs: Path) -> list[Path]:
    return [*sorted(logs.glob("serve/*.log")), logs / "gcs_server.out", logs / "raylet.out"]


def _end_of(file: Path) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-_LAST_LINES:])
