"""Which trace the work at hand belongs to, as W3C Trace Context spells it.

Whoever lets work in (an edge with a `traceparent` header, an endpoint with a call, a consumer with
an event) opens a block with `tracing`; calls that are made and events that are published in it
carry the trace on. A trace says which work belongs together, and nothing about anybody.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def traceparent() -> str:
    """The trace of the work at hand, or a new one if it has none."""
    return _current.get() or new_trace()


def new_trace() -> str:
    """A sampled trace that begins here."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


@contextmanager
def tracing(parent: str | None) -> Iterator[str]:
    """Run the block in the trace of `parent`; in a new one if that is none or malformed."""
    known = parent if parent is not None and _FORM.fullmatch(parent) else new_trace()
    token = _current.set(known)
    try:
        yield known
    finally:
        _current.reset(token)
