"""HAProxy's configuration as Ray writes it, and as the store wants it.

- `/-/routes`, the list of all applications, and everything else under `/-/` is not found, but for
  `/-/healthz`, where load balancers and KubeRay ask: 200, and 503 while the node is drained. What
  they forward has `X-Forwarded-For`, and is not told.
- What no application serves, and what no replica answers, is said in JSON and under the status that
  the API's document knows: 404, and 503 with `Retry-After`.
- What a service has, but no application serves now, is 503 as well: it comes back.
- Metrics and statistics are given where the API is, and not on every interface.
- No request is logged, unless somebody has said where to (`RAY_SERVE_HAPROXY_LOG_TARGET`).
- A replica does not watch whether a request's client leaves, which costs more than to go on, and no
  pipe is opened for a body: most are smaller than a buffer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

_MARK = "    # The store's own, see commands/haproxy.py."
READY = "/-/healthz"
_NOT_FOUND = {"code": "not_found", "content": "Not Found."}
_UNAVAILABLE = {
    "code": "unavailable",
    "content": "A service that this needs does not answer. Repeat the request, under the same key.",
}
_ADMIN = re.compile(r"^( +stats socket )(\S+)", re.MULTILINE)
_TO_NOBODY = "    log 127.0.0.1:514 "
"""Where Ray has requests logged unless somebody says otherwise."""
_LOGGED_TOO = re.compile(r"^ +log global\n(?= +# Per-request HTTP ingress metrics)", re.MULTILINE)
"""Beside the line that Serve counts by, if it does."""
_SPLICE = r"^ +option splice-\w+\n"
_ROUTE = re.compile(r"^ +use_backend ", re.MULTILINE)


class UnexpectedConfigurationError(Exception):
    """Ray's template has changed: what the store wants of HAProxy has to be said in another way."""


def adapted(configuration: str, unavailable: Path, prefixes: Sequence[str]) -> str:
    """The configuration as the store wants it.

    `unavailable` is the file with the answer of that name, `prefixes` are those of all services.
    Raises `UnexpectedConfigurationError` if the configuration is not as Ray 2.60 writes it.
    """
    if _MARK in configuration:
        return configuration
    found = re.search(r"^frontend http_frontend\n +bind (\S+):\d+", configuration, re.MULTILINE)
    host = found[1] if found else ""
    body = json.dumps(_NOT_FOUND, separators=(",", ":")).replace('"', '\\"')
    not_found = f'return status 404 content-type application/json string "{body}"'
    hidden = "\n".join(
        (
            _MARK,
            f"    acl asks_itself path {READY}",
            "    acl is_forwarded req.hdr(X-Forwarded-For) -m found",
            f"    http-request {not_found} if {{ path_beg -i /-/ }} !asks_itself",
            f"    http-request {not_found} if asks_itself is_forwarded",
            "    http-request set-header X-Request-Disconnect-Disabled ?1",
            *(["    no log"] if _TO_NOBODY in configuration else []),
        )
    )
    changes = (
        (
            r"^( +)http-request return status 404 .*$",
            1,
            lambda line: f"{_away(line[1], prefixes)}{line[1]}http-request {not_found}",
        ),
        (r"^frontend http_frontend\n +bind .*$", 1, lambda line: f"{line[0]}\n{hidden}"),
        (r"^( +errorfile 50[234]) .*$", 3, lambda line: f"{line[1]} {unavailable}"),
        # A store that listens everywhere says so in the same way as these two.
        (r"^( +bind) \*?:(\d+)$", 3 if host == "*" else 2, lambda at: f"{at[1]} {host}:{at[2]}"),
        (_SPLICE, 2, lambda _: ""),
    )
    if _TO_NOBODY in configuration:
        configuration = _LOGGED_TOO.sub("", configuration)
    for pattern, times, change in changes:
        configuration, count = re.subn(pattern, change, configuration, flags=re.MULTILINE)
        if count != times:
            raise UnexpectedConfigurationError(pattern)
    return configuration


def _away(indent: str, prefixes: Sequence[str]) -> str:
    """What is under these prefixes is answered with the file for 503."""
    return "".join(
        f"{indent}http-request deny deny_status 503 if {{ path {one} }} || {{ path_beg {one}/ }}\n"
        for one in prefixes
    )


def serves(configuration: str) -> bool:
    """Whether it knows any application."""
    return _ROUTE.search(configuration) is not None


def admin_socket(configuration: str) -> str:
    """Where HAProxy is asked and told things."""
    found = _ADMIN.search(configuration)
    if found is None:
        raise UnexpectedConfigurationError(_ADMIN.pattern)
    return found[2]


def with_admin_socket(configuration: str, path: Path) -> str:
    """The same for another HAProxy, which is asked elsewhere."""
    return _ADMIN.sub(lambda found: f"{found[1]}{path}", configuration)


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
