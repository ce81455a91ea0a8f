"""The page with the tables in it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.capacity.tables import HEAD, needs, parts, simulated

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


def block(name: str, page: str) -> str:
    """What stands between a block's marks. `ValueError` if there are none."""
    found = re.search(_marks(name), page, re.DOTALL)
    if found is None:
        raise ValueError(f"the page has no block {name}")
    return found[2].strip()


def with_tables(page: str) -> str:
    """The page, its tables made anew."""
    tables = {"parts": parts(), "needs": needs(), "simulated": "\n".join([HEAD, *simulated()])}
    for name, text in tables.items():
        block(name, page)
        page = re.sub(_marks(name), rf"\1\n\n{text}\n\n\3", page, flags=re.DOTALL)
    return page


def _marks(name: str) -> str:
    return rf"(<!-- {name}: made by `python -m tests.capacity` -->)(.*?)(<!-- end of {name} -->)"
