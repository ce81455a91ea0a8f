"""How this machine calls itself to a mail server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

LITERAL = "[127.0.0.1]"
"""What a client says that knows no name of its own (RFC 5321, section 4.1.4)."""
_SECONDS = 1.0


class OwnName:
    """The machine's full name, looked up once: a name server that is away may take half a minute
    to say nothing, and no mail waits for that longer than `seconds`."""

    def __init__(
        self, look_up: Callable[[], str] = socket.getfqdn, *, seconds: float = _SECONDS
    ) -> None:
        self._look_up, self._seconds = look_up, seconds
        self._looking: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """The name, or `LITERAL` as long as there is none."""
        if self._looking is None:
            self._looking = asyncio.create_task(asyncio.to_thread(self._look_up))
        await asyncio.wait([self._looking], timeout=self._seconds)
        if not self._looking.done():
            self._seconds = 0.0  # The next mail need not wait again.
            return LITERAL
        name = self._looking.result()
        return name if "." in name else LITERAL
