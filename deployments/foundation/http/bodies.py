"""What comes in: a request's body, bounded in size and time, as the model that a route takes."""

from __future__ import annotations

import asyncio
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.datastructures import Headers
from starlette.requests import Request

from deployments.foundation.http.answers import ProtocolError

MAX_BODY_BYTES = 256 * 1024
BODY_SECONDS = "fieldhouse.body_seconds"
"""Where in a request's scope the edge says how long its body may take to arrive."""
_SHOWN_MISTAKES = 5
_LENGTH = re.compile(r"[0-9]{1,18}")
_JSON = re.compile(r'application/json\s*(;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)
_UNENCODED, _UNSUPPORTED = "identity", "unsupported_media_type"
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request) -> bytes:
    """The whole body, which is JSON as it is; as `read_bounded`, and 415 for anything else."""
    body = await read_bounded(request)
    if body:
        _check_form(request.headers)
    return body


async def read_bounded(request: Request) -> bytes:
    """The whole body, whatever it is.

    413 as soon as it exceeds `MAX_BODY_BYTES`, 408 when it comes too slowly.
    """
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


def _check_form(headers: Headers) -> None:
    """RFC 9110, 8.3 and 8.4; a body whose type nobody names is taken to be JSON."""
    if headers.get("content-encoding", _UNENCODED).strip().lower() != _UNENCODED:
        sentence = "The store takes bodies that are not encoded. Leave Content-Encoding out."
        accepted = {"Accept-Encoding": _UNENCODED}
        raise ProtocolError(415, _UNSUPPORTED, sentence, accepted)
    if not _JSON.fullmatch(headers.get("content-type", "application/json")):
        sentence = "The store takes JSON in UTF-8. Send Content-Type: application/json."
        raise ProtocolError(415, _UNSUPPORTED, sentence, {"Accept": "application/json"})


async def _receive(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(received)


def parse(model: type[M], body: bytes, *, strict: bool | None = None) -> M:
    """A request body as its model; 400 with the paths of what is wrong with it.

    If it is `strict`, false is no number, and a number is no date.
    """
    _check_json(body)
    try:
        return model.model_validate_json(body, strict=strict)
    except ValidationError as mistakes:
        raise ProtocolError(400, "invalid_request", _describe(mistakes)) from mistakes


def path_id(request: Request, named: str | None = None) -> str:
    """The id in the request's path; 400 if its body names another."""
    id_: str = request.path_params["id"]
    if named not in {None, id_}:
        raise ProtocolError(400, "invalid_request", "$.id is not the id in the path.")
    return id_


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
    lines = [_told(mistake) for mistake in found[:_SHOWN_MISTAKES]]
    more = len(found) - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _told(mistake: ErrorDetails) -> str:
    """A mistake behind its path, where it has one; our own sentences without pydantic's prefix."""
    sentence = mistake["msg"].removeprefix("Value error, ")
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in mistake["loc"])
    return f"${''.join(steps)}: {sentence}" if mistake["loc"] else sentence


def _too_large() -> ProtocolError:
    return ProtocolError(
        413, "request_too_large", f"A request may have {MAX_BODY_BYTES} bytes at most."
    )
