"""Cells that no spreadsheet takes for a formula.

A cell that begins with one of these runs when the file is opened, with what is in reach of whoever
opens it. An apostrophe before it is what a spreadsheet itself writes for "this is text". An
apostrophe that stood there already gets another one, so that reading is the exact reverse.
"""

from __future__ import annotations

import re

# The last four are the same signs in full width, which some spreadsheets take for them.
_BEGINNING = r"[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"
_RUNS = re.compile(f"'*{_BEGINNING}")
_SHIELDED = re.compile(f"''*{_BEGINNING}")


def shielded(text: str) -> str:
    """The text as a cell that is only text."""
    return f"'{text}" if _RUNS.match(text) else text


def unshielded(cell: str) -> str:
    """The text that was shielded."""
    return cell[1:] if _SHIELDED.match(cell) else cell
