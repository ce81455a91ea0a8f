"""Ports that a process may listen on a while after they were looked for."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

_PORTS = range(20_000, 30_000)
"""Above what Ray's workers listen on, below the replicas' ports and those of clients."""


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given by chance meanwhile."""
    while True:
        with (
            suppress(OSError),
            socket.create_server(("127.0.0.1", random.choice(_PORTS))) as server,  # noqa: S311
        ):
            return int(server.getsockname()[1])
