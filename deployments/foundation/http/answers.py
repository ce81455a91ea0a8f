"""What goes out: JSON, and errors in the dialect of their service.

What cannot be served as it is becomes a `ProtocolError`, which the edge answers in the service's
dialect; business outcomes are the services' own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from deployments.foundation.http.operations import Dialect

PROBLEM_TYPE = "https://fieldhouse.org/problems/"
"""What the `type` of a problem begins with; its code follows. Nothing needs to be found there."""


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
    return Response(to_json(body), status, headers, media_type="application/json")


def written(body: bytes) -> Response:
    """A JSON answer that is written already."""
    return Response(body, media_type="application/json")


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
    headers, media_type = error.headers, "application/problem+json"
    return Response(to_json(body), error.status, headers, media_type=media_type)


_PUT: Mapping[Dialect, Callable[[ProtocolError], Response]] = {
    "ucp": _put_plainly,
    "problem": _put_as_problem,
}
