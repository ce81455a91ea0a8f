"""The processes of a store by what they are there for: what CPU they use, and what memory.

A store's processes share the session of the process that started them. Ray's workers call
themselves by what they run.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

LOAD = "load"
OTHER = "others on the machine"
_REPLICA = re.compile(r"ray::ServeReplica:(\w+):")
_ROLES: tuple[tuple[str, str], ...] = (
    (r"ray::ServeController", "controller"),
    (r"ray::(HAProxyManager|ProxyActor)", "proxy actors"),
    (r"ray::EmbeddedRedis", "redis actor"),
    (r"ray::(DashboardAgent|RuntimeEnvAgent)", "agents"),
    (r"ray::IDLE", "idle workers"),
    (r"ray::", "other workers"),
    (r"ray-dashboard|dashboard/dashboard\.py|multiprocessing\.(forkserver|resource)", "dashboard"),
    (r"/haproxy\b", "haproxy"),
    (r"/valkey-server\b", "valkey"),
    (r"/gcs_server\b", "gcs"),
    (r"/raylet\b", "raylet"),
    (r"log_monitor\.py|monitor\.py", "monitors"),
    (r"\bserve run\b|commands run|fieldhouse run|bench\.stores\.empty_serve", "launcher"),
    (r"commands\.bench\.stores\.one_process", "store"),
    (r"commands\.bench\.counts\.event_cost", "counting"),
)
_UNKNOWN = "unknown"
_NOT_REPLICAS = frozenset(role for _, role in _ROLES if role != "store") | {LOAD, OTHER, _UNKNOWN}


def role_of(command: str) -> str:
    """What a process is there for, by its command line."""
    if found := _REPLICA.search(command):
        return found[1]
    return next((role for pattern, role in _ROLES if re.search(pattern, command)), _UNKNOWN)


def is_replica(role: str) -> bool:
    """Whether it runs the store's services, rather than what they run upon."""
    return role not in _NOT_REPLICAS


@dataclass(frozen=True)
class CpuSnapshot:
    """Seconds of CPU that each process has used so far, by its number, and the whole machine."""

    by_process: Mapping[int, tuple[str, float]]
    machine: float


class Processes(ABC):
    """Processes that are measured, and those that put load on them."""

    def __init__(self, load: Iterable[psutil.Process] = ()) -> None:
        self._load = list(load)

    @abstractmethod
    def _measured(self) -> dict[psutil.Process, str]:
        """Every process that lives, and its role."""

    def members(self) -> dict[psutil.Process, str]:
        """All of them, the load among them, and their roles."""
        return dict.fromkeys(self._load, LOAD) | self._measured()

    def cpu(self) -> CpuSnapshot:
        """What has been used so far."""
        by_process = {}
        for process, role in self.members().items():
            with suppress(psutil.Error):
                times = process.cpu_times()
                by_process[process.pid] = (role, times.user + times.system)
        return CpuSnapshot(by_process, _machine())

    def memory(self) -> dict[str, float]:
        """Proportional set size by role, in MiB: what is shared is counted once in all."""
        used = Counter[str]()
        for process, role in self.members().items():
            with suppress(OSError):
                used[role] += _pss(process.pid)
        return {role: size / 2**20 for role, size in used.most_common() if role != LOAD}

    def count(self) -> int:
        """How many there are, without those that put load on them."""
        return sum(role != LOAD for role in self.members().values())


class StoreProcesses(Processes):
    """The processes of these sessions."""

    def __init__(self, sessions: Iterable[int], load: Iterable[psutil.Process] = ()) -> None:
        super().__init__(load)
        self._sessions = frozenset(sessions)
        self._roles: dict[int, str] = {}

    def _measured(self) -> dict[psutil.Process, str]:
        found = {}
        for pid in psutil.pids():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(pid) in self._sessions:
                    process = psutil.Process(pid)
                    found[process] = self._role(process)
        return found

    def _role(self, process: psutil.Process) -> str:
        """A worker that idles becomes a replica: only then its role is for good."""
        known = self._roles.get(process.pid)
        if known in (None, "idle workers", "other workers", _UNKNOWN):
            known = role_of(" ".join(process.cmdline()))
            self._roles[process.pid] = known
        return known


class TreeProcesses(Processes):
    """Processes by role, each with all that it started."""

    def __init__(self, roots: Mapping[str, int], load: Iterable[psutil.Process] = ()) -> None:
        super().__init__(load)
        self._roots = roots

    def _measured(self) -> dict[psutil.Process, str]:
        found: dict[psutil.Process, str] = {}
        for role, pid in self._roots.items():
            with suppress(psutil.Error):
                root = psutil.Process(pid)
                found.update(dict.fromkeys([root, *root.children(recursive=True)], role))
        return found


def used_between(before: CpuSnapshot, after: CpuSnapshot) -> dict[str, float]:
    """Seconds of CPU by role, with whatever else the machine did meanwhile."""
    used: dict[str, float] = defaultdict(float)
    for pid, (role, seconds) in after.by_process.items():
        used[role] += max(0.0, seconds - before.by_process.get(pid, (role, 0.0))[1])
    used[OTHER] = max(0.0, after.machine - before.machine - sum(used.values()))
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def _machine() -> float:
    times = psutil.cpu_times()
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    return float(sum(getattr(times, name, 0.0) for name in names))


def _pss(pid: int) -> int:
    """Bytes; where the kernel does not tell, what is resident."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        with suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
        return 0
    lines = rollup.read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
