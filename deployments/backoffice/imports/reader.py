"""Reads one file in a process of its own: `python -m deployments.backoffice.imports.reader KIND`.

The file comes on standard input, its items go to standard output as lines of JSON. Whatever the
file holds, the process has a bound for its memory, its time and what it writes, a low priority, and
no secrets in its environment. It ends with whoever reads its output.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping
from typing import IO, Any, cast

from deployments.backoffice.confined import bound
from deployments.backoffice.formats.items import IMPORT_KINDS, ImportKind, RefusedRow
from deployments.backoffice.formats.reading import read
from deployments.backoffice.tables.limits import UnreadableError

MEMORY_BYTES = 1024 * 2**20
"""Of addresses, of which about 250 MiB are the interpreter's and what it has loaded."""
CPU_SECONDS = 300
DISK_BYTES = 1024 * 2**20


def _say(out: IO[str], said: Mapping[str, Any]) -> None:
    out.write(json.dumps(said, ensure_ascii=False))
    out.write("\n")


def tell(file: IO[bytes], kind: ImportKind, out: IO[str]) -> None:
    """Write what the file asks for: `read` first, then each `item` or `refused`, and at the end
    `peak_kibibytes`; or `unreadable`, wherever that shows."""
    try:
        found = read(cast(Any, file), kind)
        _say(out, {"read": found.wrote, "total": found.total, "left_out": found.left_out})
        for entry in found.entries:
            name = "refused" if isinstance(entry, RefusedRow) else "item"
            _say(out, {name: entry.model_dump(mode="json", exclude_unset=True)})
    except UnreadableError as no:
        _say(out, {"unreadable": no.message, "values": no.values})
    else:
        _say(out, {"peak_kibibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss})


def main(kind: str) -> None:
    """Read standard input as a file of this kind."""
    assert kind in IMPORT_KINDS  # noqa: S101 - whoever starts this says so.
    bound(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, disk_bytes=DISK_BYTES)
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.seek(0)
        tell(file, kind, sys.stdout)
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
