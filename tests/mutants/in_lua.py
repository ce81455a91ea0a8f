"""Wrong results in Lua, line by line: comparisons, logic, numbers, and commands left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutants.mutant import Mutant

_OTHER_WAY = {
    "==": "~=",
    "~=": "==",
    "<=": "<",
    ">=": ">",
    " < ": " <= ",
    " > ": " >= ",
    " and ": " or ",
    " or ": " and ",
    " + ": " - ",
    " - ": " + ",
    "not ": "",
    "true": "false",
    "false": "true",
}
_CODE = re.compile("|".join(map(re.escape, sorted(_OTHER_WAY, key=len, reverse=True))))
_NUMBER = re.compile(r"(?<![\w.\[%'])\d+(?![\w.\]'])")
_STATEMENT = re.compile(r"^\s*(redis\.call|step_\w+|publish|[a-z_]+)\(.*\)\s*$")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every change of one kind or another that can be made to a script."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        for changed in _changes(line):
            whole = "".join([*lines[:number], changed, *lines[number + 1 :]])
            yield Mutant(path, number + 1, line.strip(), changed.strip(), whole)


def _changes(line: str) -> Iterator[str]:
    """What may stand in the line's place."""
    code, texts = line.partition("--")[0], _spans(line)
    for found in _CODE.finditer(code):
        if not _within(found, texts):
            yield line[: found.start()] + _OTHER_WAY[found[0]] + line[found.end() :]
    for found in _NUMBER.finditer(code):
        if not _within(found, texts):
            yield line[: found.start()] + str(int(found[0]) + 1) + line[found.end() :]
    if _STATEMENT.match(code):
        yield "\n"


def _spans(line: str) -> list[tuple[int, int]]:
    return [found.span() for found in _TEXT.finditer(line)]


def _within(found: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    return any(start < found.start() and found.end() < end for start, end in spans)
