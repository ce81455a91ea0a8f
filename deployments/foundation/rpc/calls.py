"""The seam between services: a typed protocol on both sides, a Serve handle in between.

`client_of()` gives the caller an object with the protocol's async methods; an `Endpoint` turns
what arrives back into calls of the service. Messages cross as JSON, so that both sides may run
different versions of a contract, and a rejection crosses as data, as does a failure. A test may put
any `Transport` in between, or none at all: the service class itself implements the protocol.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeVar, cast

from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.contracts import Method, methods_of
from deployments.foundation.rpc.deadline import remaining, within
from deployments.foundation.rpc.rejection import Rejection, from_wire, to_wire
from deployments.foundation.values.spans import Span
from deployments.foundation.values.trace import traceparent, tracing

Api = TypeVar("Api")
Reply = tuple[str, bytes]
"""An answer's kind and its content: `ok` or the name of a rejection, and JSON; or a `Failure`."""
Failure = Literal["late", "broken", "failed"]
"""A callee's failure: its caller's time was over, what it needs is away, or it has a bug."""
Kind = Literal["overdue", "open", "absent", "busy", "lost", "late", "broken", "failed"]
"""Why there is no answer. The call was not made, because no time was left (`overdue`), too many
calls failed before (`open`), there is no such application (`absent`) or its queue is full (`busy`);
or it was: the connection or the replica is gone (`lost`), or it is one of `Failure`."""
ABSENT = "absent"
"""The reply's kind of a process in which the service that was called does not run."""
_OK = "ok"
_FAILURES: tuple[Failure, ...] = ("late", "broken", "failed")
_NOT_MADE = frozenset({"overdue", "open", "absent", "busy"})
_log = logging.getLogger(__name__)


class Transport(Protocol):
    """Carries one call: the method's name, its request as JSON, and the seconds it may take."""

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """The reply, or `DependencyUnavailable`."""


class DependencyUnavailable(Exception):  # noqa: N818 - named for what is known, the outcome is not.
    """A call got no answer. Whether it took effect is unknown: repeat it under the same key."""

    def __init__(self, app: str, why: str, kind: Kind = "lost") -> None:
        super().__init__(f"{app} gave no answer: {why}")
        self.app, self.kind = app, kind

    @property
    def made(self) -> bool:
        """Whether the call may have reached the dependency; if not, it certainly had no effect."""
        return self.kind not in _NOT_MADE


class Endpoint:
    """The callee's side: one service behind its protocol."""

    def __init__(self, api: type, service: object, name: str = "") -> None:
        self._methods = methods_of(api)
        self._service, self._name = service, name or api.__name__

    async def __call__(
        self, method: str, body: bytes, seconds: float, trace: str | None = None
    ) -> Reply:
        """Answer one call within the caller's remaining seconds, and stop when they are over.

        `trace` is the caller's, as W3C spells it; without it the work at hand keeps the one it has.
        """
        with tracing(trace or traceparent()), Span(self._name, method, "server") as span:
            reply = await self._within(seconds, method, body)
            if reply[0] in _FAILURES:
                span.fail(reply[0])
            elif reply[0] != _OK:
                span.keep()
            return reply

    async def _within(self, seconds: float, method: str, body: bytes) -> Reply:
        try:
            async with within(seconds):
                return await self._answer(method, body)
        except Rejection as rejection:
            return to_wire(rejection)
        except Exception as failure:  # noqa: BLE001 - its class may be unknown to the caller.
            return failure_of(method, failure)

    async def _answer(self, method: str, body: bytes) -> Reply:
        spec = self._methods[method]
        answer = await getattr(self._service, method)(spec.request.validate_json(body))
        return _OK, spec.answer.dump_json(answer)


def failure_of(method: str, failure: Exception) -> tuple[Failure, bytes]:
    """A callee's failure as data, logged once. Only a bug is worth a traceback."""
    if isinstance(failure, TimeoutError):
        kind: Failure = "late"
    elif isinstance(failure, OSError) or is_unavailable(failure):
        kind = "broken"
    else:
        kind = "failed"
    is_bug = kind == "failed" and not isinstance(failure, DependencyUnavailable)
    name, level = type(failure).__name__, logging.ERROR if is_bug else logging.WARNING
    trace = failure if is_bug else None
    _log.log(level, "%s gives no answer, %s: %s", method, kind, name, exc_info=trace)
    return kind, name.encode()


def answered(app: str, reply: Reply) -> Reply:
    """The reply if it is an answer; `DependencyUnavailable` if it tells of a callee's failure."""
    for kind in _FAILURES:
        if reply[0] == kind:
            raise DependencyUnavailable(app, f"{kind}, {reply[1].decode()}", kind)
    return reply


def client_of(
    api: type[Api], transport: Transport, *, app: str | None = None, seconds: float = 5.0
) -> Api:
    """An object with the async methods of `api`, answered through `transport`.

    A call takes `seconds` at most, and less if the work at hand has less left. It raises the
    contract's rejections as they were raised, and `DependencyUnavailable` when nothing came back:
    at once, and without a call, when no time is left.
    """
    name, methods = app or api.__name__, methods_of(cast(type, api))
    calls = {method: _call(name, spec, transport, seconds) for method, spec in methods.items()}
    return cast(Api, type(f"{api.__name__}Client", (), calls)())


def _call(
    app: str, method: Method, transport: Transport, seconds: float
) -> Callable[..., Awaitable[Any]]:
    async def call(_self: object, request: object) -> object:
        left = remaining(seconds)
        if left <= 0:
            raise DependencyUnavailable(app, "no time was left to ask", "overdue")
        body = method.request.dump_json(request)
        kind, answer = answered(app, await transport(method.name, body, left))
        if kind != _OK:
            raise from_wire(kind, answer)
        return method.answer.validate_json(answer)

    return call
