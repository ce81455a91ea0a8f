"""Pictures as answers, of which a replica holds so many in memory at once, whoever reads slowly.

They are sent in parts, so that it shows how far a reader is: a picture counts until it has arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from deployments.foundation.http.answers import ProtocolError

MOST_AT_ONCE = 64
_SECONDS = 60.0
"""How long one may take to arrive."""
_PART_BYTES = 64 * 1024


class PicturesSent:
    """Counts what is under way in this replica."""

    def __init__(self) -> None:
        self.under_way = 0

    def check(self) -> None:
        """503 if too many are under way."""
        if self.under_way >= MOST_AT_ONCE:
            sentence = "Too many pictures are asked for just now. Repeat the request in a moment."
            raise ProtocolError(503, "unavailable", sentence, {"Retry-After": "1"})

    def answer(
        self, content: bytes, headers: Mapping[str, str], media_type: str
    ) -> StreamingResponse:
        """A picture, which counts until it has arrived."""
        length = {"Content-Length": str(len(content))}
        return _Picture(self, content, {**headers, **length}, media_type)


class _Picture(StreamingResponse):
    def __init__(
        self, sent: PicturesSent, content: bytes, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(_parts(content), headers=headers, media_type=media_type)
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._sent.under_way += 1
        try:
            async with asyncio.timeout(_SECONDS):
                await super().__call__(scope, receive, send)
        finally:
            self._sent.under_way -= 1


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PART_BYTES):
        yield content[start : start + _PART_BYTES]
