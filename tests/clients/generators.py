"""Generators of clients, installed once for each lock file, beside the tests' own environment."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPESCRIPT = Path(__file__).parent / "typescript"
_LOCK = ROOT / "requirements" / "clients.txt"
_INSTALLED = Path(sys.prefix) / "clients"


class ToolFailedError(Exception):
    """A generator, a compiler or a client ended badly; the message is what it said."""


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command says, if it ends well. Raises `ToolFailedError`."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolFailedError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def python_generator() -> Path:
    """The program `openapi-python-client`."""

    def install(directory: Path) -> None:
        venv.create(directory, with_pip=True)
        pip = directory / "bin" / "pip"
        options = ("--disable-pip-version-check", "--quiet", "--require-hashes")
        run(pip, "install", *options, "--requirement", _LOCK, cwd=ROOT)

    return _installed("python", _LOCK, install) / "bin" / "openapi-python-client"


def node_modules() -> Path:
    """The packages of the client in TypeScript: its generator and its compiler."""

    def install(directory: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise ToolFailedError("npm is needed to try a client in TypeScript: install Node.js.")
        directory.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(TYPESCRIPT / name, directory)
        run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=directory)

    lock = TYPESCRIPT / "package-lock.json"
    return _installed("typescript", lock, install) / "node_modules"


def _installed(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """The directory where it is installed as of this lock file, by whoever came first."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    directory = _INSTALLED / f"{name}-{digest}"
    done = directory / "installed"
    with _alone(_INSTALLED / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(directory, ignore_errors=True)
            install(directory)
            done.touch()
    return directory


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
