"""Who sent a request: the headers that UCP's REST binding gives every operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.authentication import authenticate
from deployments.foundation.http.idempotency import RequestKey, request_key
from deployments.foundation.http.operations import OPERATION

AGENT_PATTERN = r'(^|[,;][ \t]*)profile="https?://[^"\s]+"'
"""An entry of UCP-Agent's dictionary that names a profile, with or without others around it."""
_AGENT = re.compile(AGENT_PATTERN)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?"(\d{1,18})"')


@dataclass(frozen=True)
class Caller:
    """The platform behind a request, and whether it is a first-party client (no `UCP-Agent`)."""

    platform: str
    first_party: bool


def check_agent(request: Request) -> bool:
    """Whether the client is first-party; 400 for a `UCP-Agent` that names no profile."""
    agent = request.headers.get("ucp-agent")
    if agent is not None and not _AGENT.search(agent):
        raise ProtocolError(
            400, "invalid_profile_url", 'Send UCP-Agent as profile="https://…" (RFC 8941).'
        )
    return agent is None


def identify(request: Request, keys: Mapping[str, str]) -> Caller:
    """The caller, by `X-API-Key`; 401 without a key that is known."""
    first_party = check_agent(request)
    platform = authenticate(request.headers.get("x-api-key"), keys)
    if platform is None:
        raise ProtocolError(401, "unauthorized", "Send a valid X-API-Key.")
    return Caller(platform, first_party)


def idempotency(request: Request, caller: Caller, body: bytes) -> RequestKey:
    """The request's idempotency key; only first-party clients may leave it out."""
    key = request.headers.get("idempotency-key")
    if key is None and not caller.first_party:
        raise ProtocolError(400, "idempotency_key_required", "Send an Idempotency-Key header.")
    if key is not None and not _KEY.fullmatch(key):
        raise ProtocolError(
            400, "invalid_request", "An Idempotency-Key has 1 to 255 visible ASCII characters."
        )
    operation: str = request.scope[OPERATION]
    return request_key(caller.platform, key, operation, request.url.path, body)


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` names, or none for `*` and no header; 400 for anything else."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise ProtocolError(400, "invalid_request", "If-Match takes an ETag that the store gave.")
    return int(match[1])


def etag(version: int) -> dict[str, str]:
    """The `ETag` header of a version."""
    return {"ETag": f'"{version}"'}
