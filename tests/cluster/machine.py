"""A machine of the cluster: its own network, processes, host name, home, and directories of Ray.

It has the checkout under `~/fieldhouse`, as Ray's launcher puts it there, and shares nothing else
that is written with another machine: not `/tmp/ray`, not HAProxy's files, not the data directory,
no shared memory. Whoever kills it kills all that runs on it, and nobody says goodbye to anybody.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

import psutil

from commands.run_settings import PROJECT
from deployments.datastore.tied_process import start_tied
from tests.cluster.network import Network

_BOOTS_WITHIN_SECONDS = 30.0
_PRIVATE = (Path("/tmp/ray"), Path("/tmp/haproxy-serve"))  # noqa: S108 - where Ray writes.
_BOOT = """
set -e
hostname "$1"
mount -t tmpfs -o size=256m tmpfs /dev/shm
mount --bind "$2/ray" /tmp/ray
mount --bind "$2/haproxy" /tmp/haproxy-serve
mount --bind "$2/hosts" /etc/hosts
mount --bind "$2/resolv.conf" /etc/resolv.conf
mount --bind "$2/passwd" /etc/passwd
mount --bind "$3" "$2/home/fieldhouse"
mount --bind "$2/data" "$2/home/fieldhouse/.data"
touch "$2/booted"
trap : CHLD  # Who is left without a parent is reaped here.
while :; do sleep infinity & wait $!; done
"""
_HOME_OF_ROOT = re.compile(r"^(root:(?:[^:\n]*:){4}).*$", re.MULTILINE)
_KINDS = ("--net", "--mount", "--pid", "--uts", "--ipc")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class CommandFailedError(Exception):
    """A command on a machine failed; the message has what it printed."""


class Machine:
    """One machine, which may be killed, and be there again at the same address with nothing on
    it. A `bare` one has no checkout either."""

    def __init__(
        self, name: str, network: Network, number: int, directory: Path, *, bare: bool = False
    ) -> None:
        self.name, self.address, self._bare = name, network.address(number), bare
        self._network, self._directory = network, directory / name
        self._holder: subprocess.Popen[bytes] | None = None
        self._init: psutil.Process | None = None

    @property
    def home(self) -> Path:
        """`~`, in which the checkout is."""
        return self._directory / "home"

    @property
    def ray(self) -> Path:
        """What is `/tmp/ray` on the machine."""
        return self._directory / "ray"

    @property
    def output(self) -> Path:
        """What commands printed."""
        return self._directory / "output"

    @property
    def is_up(self) -> bool:
        """Whether it has been booted, and not killed."""
        return self._init is not None

    @property
    def pid(self) -> int:
        """The machine's first process, as it is numbered here."""
        assert self._init is not None, f"{self.name} is not up"
        return self._init.pid

    def boot(self) -> None:
        """Start it, empty."""
        shutil.rmtree(self._directory, ignore_errors=True)
        for part in ("ray", "haproxy", "data", "home/fieldhouse"):
            (self._directory / part).mkdir(parents=True)
        # Its own name has an address, and no name server keeps who looks one up waiting.
        names = f"127.0.0.1 localhost\n{self.address} {self.name}\n"
        (self._directory / "hosts").write_text(names)
        (self._directory / "resolv.conf").touch()
        # Who enters it is at home where the checkout is.
        users = Path("/etc/passwd").read_text()
        at_home = _HOME_OF_ROOT.sub(rf"\g<1>{self.home}:/bin/bash", users, count=1)
        (self._directory / "passwd").write_text(at_home)
        checkout = self._bare_checkout() if self._bare else PROJECT
        (checkout / ".data").mkdir(exist_ok=True)
        for place in _PRIVATE:
            place.mkdir(exist_ok=True)
        unshare = shutil.which("unshare")
        assert unshare, "unshare of util-linux is needed"
        boot = ("bash", "-c", _BOOT, "boot", self.name, str(self._directory), str(checkout))
        with self.output.open("ab") as output:
            self._holder = start_tied(
                [unshare, *_KINDS, "--fork", "--kill-child", "--mount-proc", *boot],
                signal=SIGKILL,
                output=output,
            )
        self._init = self._wait_for_init(self._holder)
        self._network.plug_in(self.address, self.pid)

    def _bare_checkout(self) -> Path:
        """A directory with the environment that `make` would install, and nothing else."""
        checkout, installed = self._directory / "checkout", PROJECT / ".venv"
        (checkout / ".venv").mkdir(parents=True)
        for part in ("bin", "lib", "pyvenv.cfg"):
            (checkout / ".venv" / part).symlink_to(installed.resolve() / part)
        for stamp in (".created", ".installed", ".run"):
            (checkout / ".venv" / stamp).touch()
        return checkout

    def _wait_for_init(self, holder: subprocess.Popen[bytes]) -> psutil.Process:
        last = time.monotonic() + _BOOTS_WITHIN_SECONDS
        while not (self._directory / "booted").exists():
            assert holder.poll() is None, self.output.read_text()
            assert time.monotonic() < last, f"{self.name} does not boot"
            time.sleep(0.05)
        (init,) = psutil.Process(holder.pid).children()
        return init

    def kill(self) -> None:
        """As if somebody pulled its plug."""
        assert self._holder is not None
        assert self._init is not None
        with suppress(psutil.NoSuchProcess):
            self._init.kill()
        self._holder.wait()
        self._holder = self._init = None

    def command(self, words: str, environment: Mapping[str, str]) -> list[str]:
        """The words of a shell as a command of this machine, run there in `~`."""
        variables = {"HOME": str(self.home), "PATH": _PATH, "LANG": "C.UTF-8", **environment}
        given = [f"{name}={value}" for name, value in variables.items()]
        there = f'cd "$HOME" && {words}'
        return [
            "nsenter",
            "--target",
            str(self.pid),
            *_KINDS,
            "env",
            "--ignore-environment",
            *given,
            "bash",
            "-c",
            there,
        ]

    def run(self, words: str, environment: Mapping[str, str], *, seconds: float = 300) -> str:
        """What a shell's command prints there. Raises `CommandFailedError`."""
        try:
            return self._run(words, environment, seconds)
        except subprocess.CalledProcessError as failed:
            told = f"{self.name}: {words}\n{failed.stdout}\n{failed.stderr}"
            raise CommandFailedError(told) from failed

    def _run(self, words: str, environment: Mapping[str, str], seconds: float) -> str:
        with self.output.open("a") as output:
            output.write(f"$ {words}\n")
        # A daemon that it starts keeps what is said to it open: it goes to a file.
        said, last = self._directory / "said", "exit status"
        with said.open("wb") as writer:
            done = subprocess.run(
                self.command(words, environment),
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        printed = said.read_text(errors="replace")
        with self.output.open("a") as output:
            output.write(f"{printed}{last} {done.returncode}\n")
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, words, printed, "")
        return printed

    def processes(self) -> Iterator[psutil.Process]:
        """All that runs on it."""
        if self._init is not None:
            with suppress(psutil.NoSuchProcess):
                yield from self._init.children(recursive=True)
