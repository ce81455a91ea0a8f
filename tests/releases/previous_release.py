"""What is kept of the previous release, and how it is kept."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from commands.published_events import publishers
from commands.run_settings import PROJECT
from tests.contract.services import Schema, adapters, contracts
from tests.releases.examples import examples

KEPT = Path(__file__).parent / "previous"
CODE = KEPT / "code.tar.xz"
MESSAGES, EVENTS = KEPT / "messages.json", KEPT / "events.json"
_PARTS = ("actors", "data", "deployments", "pyproject.toml")
_LEFT_OUT = ("__pycache__", "ucp")
"""Beside what Python compiles: the protocol's schemas, which no service reads."""
_TEXTS = ("title", "description")

Golden = dict[str, Any]
"""A `schema`, and `examples` of it."""


def messages() -> dict[str, Golden]:
    """Every message of today's contracts, by the name that `adapters` gives it."""
    return {
        f"{service} {name}": _golden(adapter.json_schema())
        for service in contracts()
        for name, adapter in adapters(service)
    }


def events() -> dict[str, Golden]:
    """Every event that is published today, by its type."""
    declared = [event for events in publishers().values() for event in events]
    return {event.type: _golden(event.model_json_schema()) for event in declared}


def kept(file: Path) -> dict[str, Golden]:
    """What the previous release had."""
    return dict(json.loads(file.read_text()))


def unpack(directory: Path) -> Path:
    """The previous release's code, ready to be run."""
    with tarfile.open(CODE) as archive:
        # Debian's Python 3.11 has no filters yet.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory)  # noqa: S202 - it is our own.
    return directory


def keep() -> None:
    """Let what there is today be the previous release."""
    KEPT.mkdir(exist_ok=True)
    for file, golden in ((MESSAGES, messages()), (EVENTS, events())):
        file.write_text(json.dumps(golden, separators=(",", ":"), sort_keys=True) + "\n")
    CODE.write_bytes(_packed())


def _packed() -> bytes:
    """The code as an archive, whose bytes depend on nothing else."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=9) as archive:
        for part in _PARTS:
            archive.add(PROJECT / part, part, filter=_without_circumstances)
    return packed.getvalue()


def _without_circumstances(file: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if set(file.name.split("/")) & set(_LEFT_OUT):
        return None
    file.mtime = file.uid = file.gid = 0
    file.uname = file.gname = ""
    file.mode = 0o755 if file.isdir() else 0o644
    return file


def _golden(schema: Schema) -> Golden:
    return {"schema": _meant_for_machines(schema), "examples": examples(schema)}


def _meant_for_machines(part: Any) -> Any:  # noqa: ANN401 - any part of a schema.
    """The schema without its texts, which bind nobody."""
    if isinstance(part, list):
        return [_meant_for_machines(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _meant_for_machines(value)
        for name, value in part.items()
        if name not in _TEXTS or not isinstance(value, str)
    }
