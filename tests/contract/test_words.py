"""Nothing is called by a word that the project has given up; record 28 has what is said instead."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIVEN_UP = re.compile(
    # Valkey has settings that are called `cluster-…-port` by one of them.
    r"\b(refusals?|neighbou?rs?|(?<!cluster-)announce[sd]?|announcing|announcements?|hears?|heard|facts?"
    r"|hopeless|lanes?|couriers?|patience|WholeStore)\b",
    re.IGNORECASE,
)
_TELL_OF_THEM = {
    Path("CHANGELOG.md"),
    Path("docs/decisions/0028-one-house-three-placements.md"),
    Path(__file__).relative_to(ROOT),
}
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("actors", "commands", "deployments", "docs", "tests")
    for kind in ("py", "lua", "md", "html", "txt")
    for path in (ROOT / folder).rglob(f"*.{kind}")
    if "node_modules" not in path.parts
) + sorted(
    path.relative_to(ROOT) for kind in ("md", "yaml", "toml") for path in ROOT.glob(f"*.{kind}")
)


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=str)
def test_no_word_that_was_given_up_is_used(folder: Path) -> None:
    used = [
        f"{path}:{number}: {line.strip()}"
        for path in FILES
        if path.parent == folder and path not in _TELL_OF_THEM
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if GIVEN_UP.search(line)
    ]
    assert used == []


_SAID_TWICE = {
    "OrderNotKnownError",  # Two services subscribe to what happens to orders.
    "StaleRevision",  # Two services keep documents that several people change.
}


def test_a_class_name_means_one_thing() -> None:
    """Names of a module's own, which begin with an underscore, are left to it."""
    found: dict[str, list[str]] = {}
    for folder in ("actors", "commands", "deployments"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in found.items() if len(paths) > 1}
    assert twice.keys() == _SAID_TWICE, twice
