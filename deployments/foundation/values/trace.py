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
from contextvars import ContextVar, Token

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ALL = 2**64
_ratio = 1.0
SAMPLED = 0x01
"""The flag of a trace whose spans are recorded."""
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def traceparent() -> str:
    """The trace of the work at hand, or a new one if it has none."""
    return _current.get() or new_trace()


def current() -> str | None:
    """The trace of the work at hand, if it has one."""
    return _current.get()


def set_current(trace: str) -> Token[str | None]:
    """Make it the trace of the work at hand, until `unset`."""
    return _current.set(trace)


def unset(token: Token[str | None]) -> None:
    """Give the work at hand the trace that it had before."""
    _current.reset(token)


def new_trace() -> str:
    """A trace that begins here. Its parent's id is the beginning of its own: there is no parent.

    Which traces are sampled follows from their ids, so that all processes agree.
    """
    trace_id = secrets.token_hex(16)
    flags = SAMPLED if int(trace_id[16:], 16) < _ratio * _ALL else 0
    return f"00-{trace_id}-{trace_id[:16]}-{flags:02x}"


def sample(ratio: float) -> None:
    """Sample this part, from 0 to 1, of the traces that begin here."""
    global _ratio  # noqa: PLW0603 - one a process.
    _ratio = ratio


@contextmanager
def tracing(parent: str | None) -> Iterator[str]:
    """Run the block in the trace of `parent`; in a new one if that is none or malformed."""
    known = parent if parent is not None and _FORM.fullmatch(parent) else new_trace()
    token = _current.set(known)
    try:
        yield known
    finally:
        _current.reset(token)
