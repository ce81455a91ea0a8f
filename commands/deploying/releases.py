"""The code that services run, kept in the data directory: one directory a release.

A store runs the release that it was started with, and not the checkout: what is edited there
reaches no service until it is deployed, and what a service ran before is there to go back to.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from deployments.foundation.values.private_files import make_private

_PARTS = ("actors", "data", "deployments")
"""What a replica or an actor needs."""
_PROJECT_FILE = "pyproject.toml"
_COMPILED = "__pycache__"
_HASHED = 12


class NoReleaseError(Exception):
    """There is no code where code was looked for; the message says where."""


@dataclass(frozen=True)
class Release:
    """Code under a name, at an address that Ray understands on every node of the store."""

    name: str
    uri: str


AS_INSTALLED = Release("as installed", "")
"""What is installed on each node, where nothing else was deployed."""


class Releases:
    """The releases in one data directory."""

    def __init__(self, data: Path) -> None:
        self._root = data / "releases"

    def keep(self, code: Path) -> Release:
        """Copy a checkout's code, unless the same is kept already. Raises `NoReleaseError`."""
        release = self.named(_name_of(code))
        if not (self._root / release.name).is_dir():
            make_private(self._root)
            copy = Path(tempfile.mkdtemp(prefix=".", dir=self._root))
            for part in _PARTS:
                shutil.copytree(code / part, copy / part)
            shutil.copy2(code / _PROJECT_FILE, copy)
            copy.rename(self._root / release.name)
        return release

    def named(self, name: str) -> Release:
        """The release of that name, which may have been removed."""
        return Release(name, f"local://{self._root / name}")

    def directory(self, release: Release) -> Path:
        """Where a kept release is."""
        return self._root / release.name

    def prune(self, wanted: Collection[str]) -> None:
        """Remove all but these."""
        if self._root.is_dir():
            for kept in self._root.iterdir():
                if kept.name not in wanted:
                    shutil.rmtree(kept)


def remote(uri: str) -> Release:
    """A release that Ray fetches: a zip of the same directories, with a name of its own."""
    return Release(Path(uri).stem, uri)


def _name_of(code: Path) -> str:
    """The project's version, and a digest of what the release consists of."""
    digest = hashlib.sha256()
    for file in _files(code):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(code)} {len(content)}\n".encode() + content)
    project = tomllib.loads((code / _PROJECT_FILE).read_text())["project"]
    return f"{project['version']}-{digest.hexdigest()[:_HASHED]}"


def _files(code: Path) -> Iterator[Path]:
    missing = [name for name in (*_PARTS, _PROJECT_FILE) if not (code / name).exists()]
    if missing:
        raise NoReleaseError(f"{code} is no checkout of the store: it has no {missing[0]}.")
    for part in _PARTS:
        found = (code / part).rglob("*")
        yield from sorted(file for file in found if file.is_file() and _COMPILED not in file.parts)
