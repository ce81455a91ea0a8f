"""The store on machines of one's own, brought there by `ray up` over SSH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from commands.run_settings import PROJECT
from tests.cluster.cluster_store import LAUNCHER, ClusterStore
from tests.cluster.machine import Machine

_RAY = PROJECT / ".venv" / "bin" / "ray"
_OF_CLOUDS = ("provider", "head_node_type", "available_node_types", "max_workers")
"""What Ray's launcher refuses or reads otherwise where machines are named by address."""
_SSHD = """\
ListenAddress {address}
HostKey {key}
AuthorizedKeysFile {key}.pub
PidFile none
StrictModes no
UsePAM no
SetEnv PYTHONPATH={home}/fieldhouse
Subsystem sftp internal-sftp
"""


def is_launchable() -> bool:
    """Whether this machine has what the launcher and its machines need."""
    return all(shutil.which(name) for name in ("sshd", "ssh", "rsync"))


def on_own_machines(
    said: Mapping[str, Any], head: str, workers: list[str], key: Path, files: Mapping[str, str]
) -> dict[str, Any]:
    """cluster.yaml for machines of these addresses: the head says itself that it has no
    processors, and nobody asks a cloud for anything."""
    start = [words.replace("--head", "--head --num-cpus=0") for words in said[_STARTS_HEAD]]
    return {
        **{name: value for name, value in said.items() if name not in _OF_CLOUDS},
        "provider": {"type": "local", "head_ip": head, "worker_ips": workers},
        "auth": {"ssh_user": "root", "ssh_private_key": str(key)},
        "file_mounts": dict(files),
        "head_setup_commands": [],
        _STARTS_HEAD: start,
    }


_STARTS_HEAD = "head_start_ray_commands"


class LaunchedStore(ClusterStore):
    """The same, but nothing is typed on any machine: the launcher does all of it."""

    def start(self) -> None:
        """Boot machines on which somebody listens for SSH, and launch."""
        for machine in (self.head, *self.workers):
            machine.boot()
            self._listen(machine)
        self._launch()
        self.open_tunnel()

    def _launch(self) -> None:
        environment = {**os.environ, "RAY_TMPDIR": str(self._directory / "launcher")}
        done = subprocess.run(
            [_RAY, "up", "--yes", self._configuration()],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1500,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    @property
    def _directory(self) -> Path:
        return self.head.home.parents[1]

    def _configuration(self) -> Path:
        env_file, file = self._directory / "cluster.env", self._directory / "cluster.yaml"
        env_file.write_text(self.env_file())
        files = {"~/fieldhouse": str(PROJECT), "~/fieldhouse.env": str(env_file)}
        workers = [one.address for one in self.workers]
        config = on_own_machines(LAUNCHER, self.head.address, workers, self._key(), files)
        file.write_text(yaml.safe_dump(config, sort_keys=False))
        return file

    def _key(self) -> Path:
        """One key: by it machines are known, and whoever enters them."""
        key = self._directory / "key"
        if not key.exists():
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
            subprocess.run(words, check=True)
        return key

    def _listen(self, machine: Machine) -> None:
        file = machine.home.parent / "sshd_config"
        said = _SSHD.format(address=machine.address, key=self._key(), home=machine.home)
        file.write_text(said)
        machine.run(f"mkdir -p /run/sshd && {shutil.which('sshd')} -f {file}", {})
