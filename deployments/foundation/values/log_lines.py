"""A process's log: one JSON line an event, with the service, replica, release and trace it is of.

What is logged names orders, carts and sagas by id, and nobody: no address, no name, no instrument.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from deployments.foundation.values.trace import current

_ROOT = "deployments"
_SHARED = "foundation"
_BYTES, _FILES = 10 * 2**20, 3
_TRACE_ID = slice(3, 35)
"""Where the trace's id is in a `traceparent`."""


class JsonLines(logging.Formatter):
    """Formats an event as JSON.

    `home` is the service of what foundation logs, whose code is every service's; `request` gives
    the id of the request at hand, or nothing.
    """

    def __init__(
        self, home: str, replica: str, release: str, request: Callable[[], str] = str
    ) -> None:
        super().__init__()
        self._home, self._replica, self._release = home, replica, release
        self._request = request

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service(record.name),
            "replica": self._replica,
            "release": self._release,
            "request": self._request(),
            "trace": (current() or "")[_TRACE_ID],
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

    def _service(self, logger: str) -> str:
        package, _, rest = logger.partition(".")
        service = rest.partition(".")[0]
        return service if package == _ROOT and service not in ("", _SHARED) else self._home


def write_lines(file: Path, lines: JsonLines) -> logging.Handler:
    """Write what this process logs to the file, and to that alone; 40 MB at most are kept."""
    handler = RotatingFileHandler(file, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(lines)
    logger = logging.getLogger(_ROOT)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False
    return handler
