"""A service whose routes show what the edge makes of bodies, headers and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import httpx
from pydantic import Field
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.foundation.http.answers import answer
from deployments.foundation.http.authentication import hash_key
from deployments.foundation.http.bodies import parse, read_body
from deployments.foundation.http.callers import (
    check_agent,
    etag,
    expected_version,
    idempotency,
    identify,
)
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.idempotency import key_reused, stale_version, still_running
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

KEYS: Mapping[str, str] = {hash_key("acme-key"): "acme"}
AGENT = 'profile="https://agent.example/profile"'


class Note(Message):
    words: tuple[str, ...]
    number: int = Field(default=0, le=9)


@dataclass(eq=False)
class Unforeseen(Rejection):
    code: ClassVar[str] = "notes.unforeseen"


FAILURES: dict[str, Exception] = {
    "dependency": DependencyUnavailable("pricing", "no answer in 5.0 s"),
    "redis away": RedisConnectionError("Connection refused to secret-host:6379"),
    "redis late": RedisTimeoutError("Timeout"),
    "redis loading": BusyLoadingError("Redis is loading"),
    "reused": key_reused(),
    "running": still_running(),
    "stale": stale_version(7),
    "bug": ZeroDivisionError("the secret formula"),
    "unforeseen": Unforeseen("the secret sentence"),
}


async def note(request: Request) -> Response:
    parsed = parse(Note, await read_body(request))
    return answer(parsed.model_dump(), status=201)


async def fail(request: Request) -> Response:
    raise FAILURES[request.path_params["how"]]


async def whoami(request: Request) -> Response:
    caller = identify(request, KEYS)
    key = idempotency(request, caller, b"{}")
    told = {"platform": caller.platform, "first_party": caller.first_party, "key": key.name}
    return answer(told, headers=etag(expected_version(request) or 0))


async def agent(request: Request) -> Response:
    return answer(check_agent(request))


def app() -> ASGIApp:
    return http_app(
        [
            Route("/", note, methods=["POST"]),
            Route("/fail/{how}", fail),
            Route("/me", whoami),
            Route("/agent", agent),
        ]
    )


def client(prefix: str = "/notes") -> httpx.AsyncClient:
    """A client of the service, mounted as Serve does it, that sees a failure as answers only."""
    transport = httpx.ASGITransport(app(), root_path=prefix, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://store")


def is_error(response: httpx.Response, status: int, code: str) -> bool:
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert set(response.json()) == {"code", "content"}
    return (response.status_code, response.json()["code"]) == (status, code)
