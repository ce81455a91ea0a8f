"""What a service's routes use of HTTP: bodies in, answers out.

What cannot be served as it is becomes a `ProtocolError`, which the edge answers in the service's
dialect; business outcomes are the services' own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.foundation.http.operations import Dialect

MAX_BODY_BYTES = 256 * 1024
BODY_SECONDS = "fieldhouse.body_seconds"
"""Where in a request's scope the edge says how long its body may take to arrive."""
PROBLEM_TYPE = "https://fieldhouse.org/problems/"
"""What the `type` of a problem begins with; its code follows. Nothing needs to be found there."""
_SHOWN_MISTAKES = 5
_LENGTH = re.compile(r"[0-9]{1,18}")
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

M = TypeVar("M", bound=BaseModel)


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
    """A JSON answer."""
    return JSONResponse(body, status_code=status, headers=headers)


def error_answer(error: ProtocolError, dialect: Dialect) -> Response:
    """The error's answer: `code` and `content` (UCP, "Error Responses"), or problem details."""
    return _PUT[dialect](error)


def _put_plainly(error: ProtocolError) -> Response:
    body = {"code": error.code, "content": error.content}
    return answer(body, status=error.status, headers=error.headers)


def _put_as_problem(error: ProtocolError) -> Response:
    """RFC 9457; the code is a member too, so that programs need not take the type apart."""
    body = {
        "type": f"{PROBLEM_TYPE}{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": error.content,
        "code": error.code,
    }
    return JSONResponse(body, error.status, error.headers, media_type="application/problem+json")


_PUT: Mapping[Dialect, Callable[[ProtocolError], Response]] = {
    "ucp": _put_plainly,
    "problem": _put_as_problem,
}


async def read_body(request: Request) -> bytes:
    """The whole body; 413 as soon as it exceeds `MAX_BODY_BYTES`, 408 when it comes too slowly."""
    declared = request.headers.get("content-length", "0")
    if _LENGTH.fullmatch(declared) and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(request.scope.get(BODY_SECONDS)):
            return await _receive(request)
    except TimeoutError as late:
        sentence = "The body did not arrive in time. Send the request again."
        # What is still to come of this body must not be taken for the next request.
        headers = {"Connection": "close"}
        raise ProtocolError(408, "request_timeout", sentence, headers) from late


async def _receive(request: Request) -> bytes:
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
