"""What a backup says of itself: when it was taken, and which services are in which file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from commands.exit_status import UNUSABLE, CommandError
from deployments.foundation.values.message import Message

MANIFEST = "backup.json"
_CHUNK_BYTES = 1 << 20


class BackupError(CommandError):
    """A backup cannot be taken or restored; the message says why and what to do."""

    status = UNUSABLE


class ServerSnapshot(Message):
    """One server at one moment: its services, and its RDB file."""

    file: str = Field(pattern=r"^[\w-]+\.rdb$")
    services: tuple[str, ...]
    size: int
    sha256: str


class Manifest(Message):
    """A backup. It holds all that was answered before `began`, and nothing from after `taken`."""

    version: Literal[1] = 1
    release: str
    began: AwareDatetime
    taken: AwareDatetime
    snapshots: tuple[ServerSnapshot, ...]


def digest(file: Path) -> str:
    """A file's SHA-256."""
    found = hashlib.sha256()
    with file.open("rb") as reader:
        while chunk := reader.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()


def read_manifest(directory: Path) -> Manifest:
    """What a backup says of itself, every file as it says. Raises `BackupError`."""
    try:
        manifest = Manifest.model_validate_json((directory / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise BackupError(
            f"{directory} is no backup: it has no {MANIFEST}, which is written last."
        ) from None
    except ValidationError:
        raise BackupError(f"{directory / MANIFEST} cannot be read by this release.") from None
    for snapshot in manifest.snapshots:
        file = directory / snapshot.file
        if not file.is_file() or digest(file) != snapshot.sha256:
            raise BackupError(f"{file} is not the file that was backed up.")
    return manifest
