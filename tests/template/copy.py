"""Begins a new service: copies the template, under a name of its own.

    python -m tests.template.copy reviews

puts the service into `deployments/reviews/` and its tests into `tests/unit/reviews/`.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

_TEMPLATE = Path(__file__).parent
_ROOT = _TEMPLATE.parents[1]


def copy(name: str, root: Path = _ROOT) -> None:
    """Copy service and tests. `ValueError` for a name that is none, `FileExistsError` if taken."""
    if not re.fullmatch(r"[a-z]+", name):
        raise ValueError(f"A service's name is one word in small letters: {name!r}")
    for source, target in (("waitlist", "deployments"), ("waitlist_tests", "tests/unit")):
        folder = root / target / name
        shutil.copytree(_TEMPLATE / source, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in (one for one in folder.rglob("*") if one.is_file()):
            file.write_text(_renamed(file.read_text(), name))
            file.rename(file.with_name(file.name.replace("waitlist", name)))


def _renamed(text: str, name: str) -> str:
    text = text.replace("tests.template.waitlist", "deployments.waitlist")
    return text.replace("waitlist", name).replace("Waitlist", name.capitalize())


if __name__ == "__main__":
    (wanted,) = sys.argv[1:]
    copy(wanted)
