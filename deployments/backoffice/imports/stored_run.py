"""An import as a hash of Redis, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deployments.backoffice.imports.run import ImportRun

_PLAIN = ("id", "kind", "state", "name", "reason", "wrote", "trouble", "size")
_JSON = ("author", "left_out", "trouble_values")
_TALLIES = ("checked", "made")


def fields_of(run: ImportRun) -> dict[str, str | int]:
    """The fields of the hash that an import begins with."""
    said = run.model_dump(mode="json")
    plain = {name: said[name] for name in (*_PLAIN, "created_at")}
    return plain | {name: json.dumps(said[name]) for name in _JSON}


def run_of(stored: Mapping[str, str]) -> ImportRun | None:
    """An import as it stands in its hash; none if there is none."""
    if "kind" not in stored:
        return None
    said: dict[str, Any] = {
        name: stored[name] for name in (*_PLAIN, "created_at") if name in stored
    }
    said |= {name: json.loads(stored[name]) for name in _JSON if name in stored}
    for tally in _TALLIES:
        counts = {
            name.removeprefix(f"{tally}:"): count
            for name, count in stored.items()
            if name.startswith(f"{tally}:")
        }
        said[tally] = counts
    return ImportRun.model_validate(said | {"total": stored.get("total")})
