"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a header that ends in `>` is that of a column of numbers."""
    rules = ["---:" if header.endswith(">") else "---" for header in headers]
    lines = [[header.rstrip(">") for header in headers], rules, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
