"""The processes that make pictures, seen from whoever wants one made."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Any

from deployments.backoffice.confined import environment
from deployments.backoffice.pictures.limits import TOO_MUCH, PictureRefusedError
from deployments.backoffice.pictures.made_picture import MadePicture

_MODULE = "deployments.backoffice.pictures.maker"
_SECONDS = 60.0
_SIDE_BY_SIDE = 2
"""Each may take a gigabyte of addresses; a picture of 50 million pixels needs a third of that."""


class Workshop:
    """Makes a few pictures at a time, each in a process of its own."""

    def __init__(self) -> None:
        self._at_once = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def make(self, content: bytes) -> tuple[MadePicture, MadePicture]:
        """The picture to be shown, and its thumbnail. Raises `PictureRefusedError`."""
        async with self._at_once:
            output = await _output(content)
        line, _, rest = output.partition(b"\n")
        if not line:
            # It met one of its bounds, or something that its libraries do not survive.
            raise PictureRefusedError(TOO_MUCH)
        said: dict[str, Any] = json.loads(line)
        if "refused" in said:
            raise PictureRefusedError(said["refused"], **said["values"])
        shown, thumbnail = said["pictures"]
        first = shown["bytes"]
        if len(rest) != first + thumbnail["bytes"]:
            raise PictureRefusedError(TOO_MUCH)
        return _picture(shown, rest[:first]), _picture(thumbnail, rest[first:])


async def _output(content: bytes) -> bytes:
    """What the process says; nothing if it says it too late."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", _MODULE),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment(),
        cwd="/",
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(content)
    except TimeoutError:
        return b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return output


def _picture(said: dict[str, Any], content: bytes) -> MadePicture:
    return MadePicture(content, said["ending"], said["width"], said["height"])
