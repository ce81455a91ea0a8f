"""Pieces of work in a trace: what OpenTelemetry calls spans. Without a recorder they cost nothing.

A span that begins becomes the parent of whatever is called, published or logged in it. The spans of
one process that belong together go to the recorder when the outermost has ended: only then is known
whether one of them failed.
"""

from __future__ import annotations

import secrets
import time
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal, Protocol, Self

from deployments.foundation.values.trace import SAMPLED, current, new_trace, set_current, unset

Kind = Literal["internal", "server", "client", "consumer"]
Attribute = str | int | float | bool
_ID_DIGITS = 16
_ids = secrets.SystemRandom()


class Recorder(Protocol):
    """Takes what ended together."""

    def record(self, spans: list[Span]) -> None:
        """Spans of one trace. Must not block."""


_recorder: Recorder | None = None
_gathering: ContextVar[_Gathered | None] = ContextVar("spans", default=None)


def record_with(recorder: Recorder | None) -> None:
    """Record spans from now on, or no more."""
    global _recorder  # noqa: PLW0603 - one a process: a span is begun where nothing can be passed.
    _recorder = recorder


class _Gathered:
    """The spans that have ended of one piece of work that reached this process."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.kept = False
        self.closed = False


def gathered() -> _Gathered | None:
    """The piece of work at hand, for what goes on beside it."""
    return _gathering.get()


def belong_to(work: _Gathered | None) -> None:
    """Let the spans of this context belong to a piece of work that was begun in another."""
    _gathering.set(work)


class Span:
    """One piece of work of a service; `with Span(...) as span:` runs it.

    `fail` says that it came to nothing, `keep` that its trace is worth keeping though not sampled.
    """

    __slots__ = (
        *("service", "name", "kind", "attributes", "trace_id", "span_id", "parent_id", "sampled"),
        *("began", "ended", "failure", "_gathered", "_outermost", "_token", "_gathering_token"),
    )

    def __init__(self, service: str, name: str, kind: Kind = "internal") -> None:
        self.service, self.name, self.kind = service, name, kind
        self.attributes: dict[str, Attribute] = {}
        self.failure: str | None = None
        self.ended = 0
        self._gathered: _Gathered | None = None

    def __enter__(self) -> Self:
        if _recorder is None:
            return self
        # version, trace id, parent's id, flags
        _, self.trace_id, parent, flags = (current() or new_trace()).split("-")
        # A trace that begins here has no parent: its id is only the beginning of the trace's.
        self.parent_id = None if self.trace_id.startswith(parent) else parent
        self.span_id = f"{_ids.getrandbits(64) or 1:0{_ID_DIGITS}x}"
        self.sampled = bool(int(flags, 16) & SAMPLED)
        self._token: Token[str | None] = set_current(f"00-{self.trace_id}-{self.span_id}-{flags}")
        self._gather()
        self.began = time.time_ns()
        return self

    def _gather(self) -> None:
        found = _gathering.get()
        self._outermost = found is None or found.closed
        self._gathered = _Gathered() if found is None or found.closed else found
        if self._outermost:
            self._gathering_token = _gathering.set(self._gathered)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._gathered is None:
            return
        self.ended = time.time_ns()
        unset(self._token)
        self._gathered.spans.append(self)
        self._gathered.kept |= self.failure is not None
        if self._outermost:
            _gathering.reset(self._gathering_token)
        if self._outermost or self._gathered.closed:
            self._hand_over(self._gathered)

    def _hand_over(self, gathered: _Gathered) -> None:
        gathered.closed = True
        if _recorder is not None and (self.sampled or gathered.kept):
            _recorder.record(gathered.spans)
        gathered.spans = []

    @property
    def is_recorded(self) -> bool:
        """Whether anybody will see it: what is told of it may be dear to make."""
        return self._gathered is not None

    def fail(self, why: str) -> None:
        """It came to nothing, for this reason: a word or a class, nothing about anybody."""
        self.failure = why

    def keep(self) -> None:
        """Its trace is worth keeping."""
        if self._gathered is not None:
            self._gathered.kept = True
