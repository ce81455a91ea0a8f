"""What all operations have in common in the API's document."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from deployments.foundation.http.bodies import MAX_BODY_BYTES
from deployments.foundation.http.callers import AGENT_PATTERN
from deployments.foundation.http.edge import MAX_HEAD_BYTES
from deployments.foundation.http.operations import Dialect, Operation
from deployments.foundation.http.ucp import VERSION, Json

DESCRIPTION = f"""The Universal Commerce Protocol's REST binding, version {VERSION}.

Business outcomes are answered with status 200 and `ucp.status: error`, or with messages in the
resource; mistakes in a request, and failures, with `code` and `content`; operations that are not
UCP's answer those with problem details (RFC 9457). A request may have {MAX_HEAD_BYTES} bytes of
headers and {MAX_BODY_BYTES} of body. What UCP knows and the store does not use is ignored.

Before a request reaches an operation, the proxy in front may answer it in a form of its own: 400
for what is no HTTP or has more than 60,000 bytes of headers, 404 for a path that begins with no
service's prefix, 500 or 503 when a service is down or has more to do than it can queue.

The schemas that are not named `…Request`, `…Answer`, `Problem` or `ProtocolError` are those of the
Universal Commerce Protocol, by the UCP Authors, under the Apache License 2.0. What they compose is
merged here, and the conditions in them are left out.
"""


def ref(kind: str, name: str) -> Json:
    """A reference to one of the document's components."""
    return {"$ref": f"#/components/{kind}/{name}"}


def content(schema: Json, media_type: str = "application/json") -> Json:
    """JSON of this schema, as a body."""
    return {media_type: {"schema": schema}}


def parameters(one: Operation) -> list[str]:
    """The names of the parameters that the operation takes."""
    wanted = {
        "id": "{id}" in one.path,
        "key": "{key}" in one.path,
        "token": "{token}" in one.path,
        "ucp_agent": one.keyed or bool(one.bodies),
        "idempotency_key": one.writes,
        "if_match": one.versioned,
    }
    return [name for name, is_wanted in wanted.items() if is_wanted]


def common_statuses(one: Operation) -> list[str]:
    """The statuses with which the operation answers what its service never sees."""
    takes_body = one.writes or bool(one.bodies)
    may_be = {
        400: one.keyed or takes_body,
        401: one.keyed,
        404: "{" in one.path,
        408: takes_body,
        409: one.writes,
        412: one.versioned,
        413: takes_body,
        415: takes_body,
        429: one.limited,
        431: True,
        500: True,
        503: True,
    }
    return [str(status) for status, applies in may_be.items() if applies]


PARAMETERS: Json = {
    "id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id that the store gave.",
        "schema": {"type": "string", "minLength": 1},
    },
    "key": {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "What comes of a file's content, and what the file is.",
        "schema": {"type": "string", "minLength": 1},
    },
    "token": {
        "name": "token",
        "in": "path",
        "required": True,
        "description": "What a link in a mail ends with.",
        "schema": {"type": "string", "minLength": 1},
    },
    "ucp_agent": {
        "name": "UCP-Agent",
        "in": "header",
        "description": "Names the agent's profile (RFC 8941 dictionary). Without it the client is "
        "a first-party one.",
        "schema": {"type": "string", "pattern": AGENT_PATTERN},
    },
    "idempotency_key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A request repeated under the same key within 24 hours has one effect, and "
        "is given the first answer again. A client without UCP-Agent may leave it out, and takes "
        "the risk of buying twice.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "if_match": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of the version that is to be changed, or `*` for any.",
        "schema": {"type": "string", "pattern": r'^((W/)?"[0-9]{1,18}"|\*)$'},
    },
}
HEADERS: Json = {
    "Accept": {"description": "What a body may be.", "schema": {"type": "string"}},
    "Accept-Encoding": {"description": "How it may be encoded.", "schema": {"type": "string"}},
    "ETag": {"description": "The version shown.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "What is left of the client's budget, where it is counted "
        "(draft-ietf-httpapi-ratelimit-headers-10).",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {"description": "The client's budget.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds to wait before the request is repeated.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}
_PROTOCOL_ERROR: Json = {
    "type": "object",
    "description": "A request that cannot be served as it is, or a failure.",
    "required": ["code", "content"],
    "properties": {
        "code": {"type": "string", "description": "What is the matter, for programs."},
        "content": {"type": "string", "description": "What is the matter, for people."},
    },
    "additionalProperties": False,
}
_PROBLEM: Json = {
    "type": "object",
    "description": "Problem details (RFC 9457): a request that cannot be served as it is, or a "
    "failure.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names the problem."},
        "title": {"type": "string", "description": "The type in words."},
        "status": {"type": "integer", "description": "The answer's status."},
        "detail": {"type": "string", "description": "What is the matter, for people."},
        "code": {"type": "string", "description": "What is the matter, for programs."},
    },
    "additionalProperties": False,
}
VERSION_SHOWN: Json = {"ETag": ref("headers", "ETag")}
_DESCRIPTIONS = {
    400: "The request is not one that this operation takes.",
    401: "There is no X-API-Key, or it is not known.",
    404: "No operation has this path.",
    408: "The body did not arrive in time.",
    409: "The Idempotency-Key came before with other content, or its first request is still running"
    ", or the session is being completed.",
    412: "If-Match names a version that is no longer the current one.",
    413: "The body is too large.",
    415: "The body is not JSON by its Content-Type, or it is encoded.",
    429: "The client's budget is used up.",
    431: "The headers are too large.",
    500: "Something is wrong on the store's side.",
    503: "A service that this needs does not answer, or not in time.",
}
_HEADERS_OF = {
    415: ("Accept", "Accept-Encoding"),
    429: ("RateLimit", "RateLimit-Policy", "Retry-After"),
    503: ("Retry-After",),
}


class ErrorForm(NamedTuple):
    """How a dialect's errors are described."""

    schema_name: str
    schema: Json
    media_type: str
    prefix: str = ""
    """What the names of its common answers begin with."""

    def content(self) -> Json:
        """An error, as a body."""
        return content(ref("schemas", self.schema_name), self.media_type)

    def common(self, status: str) -> Json:
        """A reference to what every operation of the dialect answers with this status."""
        return ref("responses", f"{self.prefix}{status}")

    def responses(self) -> Json:
        """The answers that operations of the dialect have in common, by name."""
        return {f"{self.prefix}{status}": self.answer(status) for status in _DESCRIPTIONS}

    def answer(self, status: int, sentence: str | None = None) -> Json:
        """An answer with an error; `sentence` says what it means here."""
        headers = _HEADERS_OF.get(status, ())
        return {
            "description": f"{HTTPStatus(status).phrase}. {sentence or _DESCRIPTIONS[status]}",
            "headers": {name: ref("headers", name) for name in headers},
            "content": self.content(),
        }


ERROR_FORMS: Mapping[Dialect, ErrorForm] = {
    "ucp": ErrorForm("ProtocolError", _PROTOCOL_ERROR, "application/json"),
    "problem": ErrorForm("Problem", _PROBLEM, "application/problem+json", "problem_"),
}
