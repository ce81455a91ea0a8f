"""HTTP at the edge of a room: bodies in, answers out, and one answer for every mistake.

Protocol errors answer with `code` and `content` (UCP, "Error Responses"); business outcomes are
the rooms' own. A room's routes raise refusals; what they become is said here once for those that
every room shares, and by the room for its own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.foundation.calls import NeighbourUnavailable
from deployments.foundation.idempotency import KeyReused, StaleVersion, StillRunning
from deployments.foundation.refusal import Refusal

MAX_BODY_BYTES = 256 * 1024
_SHOWN_MISTAKES = 5
_STATUS = {KeyReused: 409, StillRunning: 409, StaleVersion: 412}
_LENGTH = re.compile(r"[0-9]{1,18}")
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class ProtocolError(Exception):
    """The request cannot be served as it is: a status, a code, and what to do about it."""

    def __init__(
        self, status: int, code: str, content: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content)
        self.status, self.code, self.content = status, code, content
        self.headers = headers


def answer(
    body: Any,  # noqa: ANN401 - JSON has no narrower type.
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A JSON answer that no cache keeps."""
    return JSONResponse(body, status_code=status, headers={**_HEADERS, **(headers or {})})


async def read_body(request: Request) -> bytes:
    """The whole body; 413 as soon as it exceeds `MAX_BODY_BYTES`, announced or not."""
    announced = request.headers.get("content-length", "0")
    if _LENGTH.fullmatch(announced) and int(announced) > MAX_BODY_BYTES:
        raise _too_large()
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(received)


def parse(model: type[M], body: bytes) -> M:
    """A request body as its model; 400 with the paths of what is wrong with it."""
    _check_json(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as mistakes:
        raise ProtocolError(400, "invalid_request", _describe(mistakes)) from mistakes


def _check_json(body: bytes) -> None:
    """Refuses what is not JSON (RFC 8259), which knows no NaN; and NUL, which is in no text."""
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as mistake:
        raise ProtocolError(400, "invalid_request", f"Invalid JSON: {mistake}") from mistake
    if _ESCAPED_NUL.search(body):
        raise ProtocolError(400, "invalid_request", "A string must not hold a NUL character.")


def _describe(mistakes: ValidationError) -> str:
    """The first mistakes as `path: what is wrong`, never with what was sent."""
    found = mistakes.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"$.{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
        if mistake["loc"]
        else mistake["msg"]
        for mistake in found[:_SHOWN_MISTAKES]
    ]
    more = len(found) - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _too_large() -> ProtocolError:
    return ProtocolError(
        413, "request_too_large", f"A request may have {MAX_BODY_BYTES} bytes at most."
    )


def _protocol_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProtocolError)  # noqa: S101 - Starlette's handlers are typed loosely.
    body = {"code": error.code, "content": error.content}
    return answer(body, status=error.status, headers=error.headers)


def _http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    body = {"code": code, "content": f"{error.detail}."}
    return answer(body, status=error.status_code, headers=error.headers)


def _shared_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101
    status = _STATUS.get(type(error))
    if status is None:
        _log.error("a refusal reached the edge unanswered", exc_info=error)
        return _bug(_request, error)
    return answer({"code": error.code, "content": error.sentence}, status=status)


def _unavailable(_request: Request, error: Exception) -> Response:
    _log.warning("%s", error)
    content = "A service that this needs does not answer. Repeat the request, under the same key."
    body = {"code": "unavailable", "content": content}
    return answer(body, status=503, headers={"Retry-After": "1"})


def _gone(_request: Request, _error: Exception) -> Response:
    # Nobody reads this: the client left before it had sent its body.
    return answer({"code": "invalid_request", "content": "The body is incomplete."}, status=400)


def _bug(_request: Request, _error: Exception) -> Response:
    content = "Something is wrong on our side and has been logged. Repeat the request later."
    return answer({"code": "internal_error", "content": content}, status=500)


class _SlashAtTheRoot:
    """Lets a route at the prefix itself match without a redirect.

    Serve strips the route prefix into `root_path`; Starlette then sees an empty path.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == scope.get("root_path", ""):
            scope = {**scope, "path": scope["path"] + "/"}
        await self._app(scope, receive, send)


def http_app(routes: Sequence[Route]) -> ASGIApp:
    """The ASGI application of a room; `/` in a route is the room's prefix itself."""
    app = Starlette(
        routes=list(routes),
        exception_handlers={
            ProtocolError: _protocol_error,
            HTTPException: _http_exception,
            Refusal: _shared_refusal,
            NeighbourUnavailable: _unavailable,
            RedisConnectionError: _unavailable,
            RedisTimeoutError: _unavailable,
            ClientDisconnect: _gone,
            Exception: _bug,
        },
    )
    # A redirect would be built from the Host header, and a path with a slash too many is unknown.
    app.router.redirect_slashes = False
    return _SlashAtTheRoot(app)
