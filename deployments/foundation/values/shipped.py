"""The data that the store ships with: files of JSON lines in `data/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parents[3] / "data"
BATCH = "shipped-1"
"""The name under which a service takes in what is shipped, once. It changes with the files, so that
stores which have the former batch take in the new one."""


def rows(name: str, directory: Path = SHIPPED) -> Iterator[dict[str, Any]]:
    """The rows of one file."""
    return (json.loads(line) for line in (directory / name).read_text().splitlines())
