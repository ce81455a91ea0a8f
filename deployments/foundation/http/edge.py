"""The edge of a service: what every request is held to, and one answer for every mistake.

A service's routes raise rejections; what they become is said here once for those that every service
shares, and by the service for its own.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.foundation.http.answers import ProtocolError, error_answer
from deployments.foundation.http.bodies import BODY_SECONDS
from deployments.foundation.http.idempotency import KeyReused, StaleVersion, StillRunning
from deployments.foundation.http.operations import OPERATION, Dialect, Handler, Operation
from deployments.foundation.http.rate_limits import LimitReached, RateLimits, RateLimitStatus
from deployments.foundation.http.request_metrics import UNWATCHED, RequestMetrics
from deployments.foundation.http.timeouts import USUAL, Timeouts, timeouts_of
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.deadline import within
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.trace import tracing

MAX_HEAD_BYTES = 16 * 1024
_NO_SUCH_METHOD = 405
_STATUS = {KeyReused: 409, StillRunning: 409, StaleVersion: 412, LimitReached: 429}
# What every answer has unless it says otherwise. JSON is nothing that a browser should show, run,
# embed, guess about or keep.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RAW_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in _HEADERS.items())
_ONCE = frozenset(
    (
        *(b"x-api-key", b"ucp-agent", b"idempotency-key", b"if-match"),
        *(b"content-type", b"content-encoding"),
    )
)
"""Headers that say one thing, on which the store acts."""
_EXTRA = "fieldhouse.headers"
_RawHeader = tuple[bytes, bytes]
_log = logging.getLogger(__name__)


def _protocol_error(_request: Request, error: Exception) -> ProtocolError:
    assert isinstance(error, ProtocolError)  # noqa: S101 - Starlette's handlers are typed loosely.
    return error


def _http_exception(request: Request, error: Exception) -> ProtocolError:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    headers = {"Allow": allowed_methods(request)} if error.status_code == _NO_SUCH_METHOD else None
    return ProtocolError(error.status_code, code, f"{error.detail}.", headers or error.headers)


def allowed_methods(request: Request) -> str:
    """The methods of all routes at this path: Starlette names those of the first only.

    A route that takes whatever no other one does is not counted.
    """
    methods: set[str] = set()
    for route in request.app.routes:
        takes_the_rest = "{path:path}" in route.path
        if not takes_the_rest and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods
    return ", ".join(sorted(methods))


def _shared_rejection(request: Request, error: Exception) -> ProtocolError:
    assert isinstance(error, Rejection)  # noqa: S101
    status = _STATUS.get(type(error))
    if type(error) is Rejection:
        # A newer dependency's, which no route here can tell apart: its sentence says what to do.
        return ProtocolError(409, error.public_code, error.sentence)
    if status is None:
        _log.error("a rejection reached the edge unanswered", exc_info=error)
        return _bug(request, error)
    return ProtocolError(status, error.public_code, error.sentence)


def _unavailable(_request: Request, error: Exception) -> ProtocolError:
    _log.warning("%s", error)
    sentence = "A service that this needs does not answer. Repeat the request, under the same key."
    return ProtocolError(503, "unavailable", sentence, {"Retry-After": "1"})


def _redis_failed(request: Request, error: Exception) -> ProtocolError:
    if is_unavailable(error):
        return _unavailable(request, error)
    _log.error("a command to Redis is wrong", exc_info=error)
    return _bug(request, error)


def _late(_request: Request, _error: Exception) -> ProtocolError:
    _log.warning("an answer took longer than is allowed")
    sentence = "This took longer than the store allows. Repeat the request, under the same key."
    return ProtocolError(503, "timeout", sentence, {"Retry-After": "1"})


def _gone(_request: Request, _error: Exception) -> ProtocolError:
    # Nobody reads this: the client left before it had sent its body.
    return ProtocolError(400, "invalid_request", "The body is incomplete.")


def _bug(_request: Request, _error: Exception) -> ProtocolError:
    sentence = "Something is wrong on our side and has been logged. Repeat the request later."
    return ProtocolError(500, "internal_error", sentence)


_ERRORS: Mapping[type[Exception], Callable[[Request, Exception], ProtocolError]] = {
    ProtocolError: _protocol_error,
    HTTPException: _http_exception,
    Rejection: _shared_rejection,
    DependencyUnavailable: _unavailable,
    RedisError: _redis_failed,
    TimeoutError: _late,
    ClientDisconnect: _gone,
    Exception: _bug,
}


def _answers_to(
    said: Callable[[Request, Exception], ProtocolError], dialect: Dialect
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return error_answer(said(request, error), dialect)

    return handle


class _Edge:
    """The outermost layer: opens the request's trace, counts it, lets a route at the prefix itself
    match, and completes all headers.

    Serve strips the route prefix into `root_path`; Starlette then sees an empty path.
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra: dict[str, str] = {}
        scope = {**scope, _EXTRA: extra}
        if scope["path"] == scope.get("root_path", ""):
            scope["path"] += "/"

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message["headers"], extra)
            await send(message)

        with tracing(Headers(scope=scope).get("traceparent")):
            await self._metrics(self._app, scope, receive, complete)


def _completed(said: Iterable[_RawHeader], extra: Mapping[str, str]) -> list[_RawHeader]:
    """The headers of an answer, with those that it lacks."""
    said = list(said)
    names = {name for name, _ in said}
    more = ((name.lower().encode(), value.encode()) for name, value in extra.items())
    return said + [header for header in (*_RAW_HEADERS, *more) if header[0] not in names]


def _guarded(route: Route, limits: RateLimits | None, timeouts: Timeouts) -> Route:
    """The route, with what a request may bring, how often it may come and how long it may take."""
    handler: Handler = route.endpoint
    allowed = timeouts_of(route, timeouts)

    async def handle(request: Request) -> Response:
        _check_head(request)
        if limits is not None and isinstance(route, Operation) and route.limited:
            _admit(request, await limits.count(request.headers, route))
        request.scope[BODY_SECONDS] = allowed.body
        request.scope[OPERATION] = route.id if isinstance(route, Operation) else route.path
        async with within(allowed.answer, anew=True):
            return await handler(request)

    return Route(route.path, handle, methods=route.methods)


def _check_head(request: Request) -> None:
    head = len(request.scope["path"]) + len(request.scope["query_string"])
    seen: set[bytes] = set()
    twice = b""
    for name, value in request.scope["headers"]:
        head += len(name) + len(value)
        if name in _ONCE:
            twice = name if name in seen else twice
            seen.add(name)
    if head > MAX_HEAD_BYTES:
        sentence = f"A request may have {MAX_HEAD_BYTES} bytes of headers at most."
        raise ProtocolError(431, "request_too_large", sentence)
    if twice:
        sentence = f"Send {twice.decode()} once: the store cannot tell which one is meant."
        raise ProtocolError(400, "invalid_request", sentence)


def _admit(request: Request, status: RateLimitStatus | None) -> None:
    if status is None:
        return
    request.scope[_EXTRA].update(status.headers())
    if status.exceeded:
        sentence = f"Too many requests. Repeat it in {status.renewed_in} s."
        headers = {"Retry-After": str(status.renewed_in)}
        raise ProtocolError(429, "rate_limited", sentence, headers)


def http_app(
    routes: Sequence[Route],
    limits: RateLimits | None = None,
    timeouts: Timeouts = USUAL,
    *,
    metrics: RequestMetrics = UNWATCHED,
) -> ASGIApp:
    """The ASGI application of a service; `/` in a route is the service's prefix itself.

    Every error is answered in the dialect of the service's operations.
    """
    dialect = _dialect_of(routes)
    app = Starlette(
        routes=[_guarded(route, limits, timeouts) for route in routes],
        exception_handlers={kind: _answers_to(said, dialect) for kind, said in _ERRORS.items()},
    )
    # A redirect would be built from the Host header, and a path with a slash too many is unknown.
    app.router.redirect_slashes = False
    return _Edge(app, metrics)


def _dialect_of(routes: Sequence[Route]) -> Dialect:
    """The one dialect of all operations: a path that none of them has is answered in it too."""
    dialects = {route.dialect for route in routes if isinstance(route, Operation)} or {"ucp"}
    (dialect,) = dialects
    return dialect
