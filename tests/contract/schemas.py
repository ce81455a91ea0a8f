"""The JSON Schemas of all messages, kept in the repository so that a change shows in a diff.

`python -m tests.contract.schemas` writes them anew after a change that is meant.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.contract.services import adapters, contracts, rejections

KEPT = Path(__file__).parent / "schemas"


def current(service: str) -> str:
    """The schemas of everything that crosses the wire to and from a service, as JSON."""
    schemas: dict[str, object] = {name: each.json_schema() for name, each in adapters(service)}
    schemas["rejections"] = {kind.code: kind.public_code for kind in rejections(service)}
    return json.dumps(schemas, indent=1, sort_keys=True) + "\n"


def write() -> None:
    """Keep the schemas as they are now."""
    KEPT.mkdir(exist_ok=True)
    for service in contracts():
        (KEPT / f"{service}.json").write_text(current(service))


if __name__ == "__main__":
    write()
