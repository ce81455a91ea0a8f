"""Makes one picture in a process of its own: `python -m deployments.backoffice.pictures.maker`.

The file comes on standard input. A line of JSON goes to standard output: `refused` with its values,
or `pictures` with what each is, whose bytes follow it.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

from deployments.backoffice.confined import bound
from deployments.backoffice.pictures.limits import MAX_PICTURE_BYTES, PictureRefusedError
from deployments.backoffice.pictures.making import made

MEMORY_BYTES = 1024 * 2**20
CPU_SECONDS = 30
DISK_BYTES = 2**20
"""It writes no file."""


def tell(content: bytes, out: IO[bytes]) -> None:
    """Write what becomes of a picture."""
    try:
        pictures = made(content)
    except PictureRefusedError as no:
        _say(out, {"refused": no.sentence, "values": no.values})
        return
    said = [
        {"ending": one.ending, "width": one.width, "height": one.height, "bytes": len(one.content)}
        for one in pictures
    ]
    _say(out, {"pictures": said})
    for one in pictures:
        out.write(one.content)


def _say(out: IO[bytes], said: dict[str, Any]) -> None:
    out.write(json.dumps(said).encode() + b"\n")


def main() -> None:
    """Make what is on standard input, one byte more than is allowed of it."""
    bound(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, disk_bytes=DISK_BYTES)
    tell(sys.stdin.buffer.read(MAX_PICTURE_BYTES + 1), sys.stdout.buffer)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
