"""The edge of every service: what a body, a path, a header and a failure are answered with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from deployments.foundation.http.bodies import MAX_BODY_BYTES, parse, read_body
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
    code: ClassVar[str] = "unforeseen"


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


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as one:
        yield one


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """A body of blanks that publishes no length."""
    for _ in range(size // 1024 + 1):
        yield b" " * 1024


def is_error(response: httpx.Response, status: int, code: str) -> bool:
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert set(response.json()) == {"code", "content"}
    return (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/notes", "/notes/"])
async def test_the_prefix_itself_is_a_route_with_and_without_a_slash(
    http: httpx.AsyncClient, path: str
) -> None:
    assert (await http.post(path, json={"words": []})).status_code == 201


async def test_a_service_without_a_prefix_has_a_root_too() -> None:
    async with client("") as http:
        assert (await http.post("/", json={"words": ["a"]})).json() == {"words": ["a"], "number": 0}


async def test_a_body_of_the_limit_is_read_and_one_byte_more_is_413(
    http: httpx.AsyncClient,
) -> None:
    body = b'{"words": []}'.ljust(MAX_BODY_BYTES)
    assert (await http.post("/notes", content=body)).status_code == 201
    assert is_error(await http.post("/notes", content=body + b" "), 413, "request_too_large")


async def test_an_endless_body_without_a_length_is_413_as_soon_as_it_is_too_large(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post("/notes", content=in_pieces(MAX_BODY_BYTES * 2))
    assert is_error(response, 413, "request_too_large")


@pytest.mark.parametrize("length", ["-1", "x", "", "1_0", "\u00b2", "9" * 5000])
async def test_an_odd_content_length_is_not_believed(http: httpx.AsyncClient, length: str) -> None:
    headers = {b"Content-Length": length.encode("latin-1")}
    response = await http.post("/notes", content=b'{"words": []}', headers=headers)
    assert response.status_code == 201


async def test_an_declared_length_is_refused_before_the_body_is_read() -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with client() as http:
        headers = {"Content-Length": str(MAX_BODY_BYTES + 1)}
        response = await http.post("/notes", content=unread(), headers=headers)
    assert is_error(response, 413, "request_too_large")


async def test_a_client_that_leaves_inside_its_body_is_no_failure_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[Any] = []
    received = [{"type": "http.request", "body": b"{", "more_body": True}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/notes",
        "root_path": "/notes",
        "headers": [],
        "query_string": b"",
    }

    async def receive() -> Any:  # noqa: ANN401
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    await app()(scope, receive, send)
    assert sent[0]["status"] == 400
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_mistakes_are_named_by_path_and_never_repeat_what_was_sent(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post("/notes", json={"words": [1, "secret", None], "number": 10})
    assert is_error(response, 400, "invalid_request")
    content = response.json()["content"]
    assert "$.words.0: Input should be a valid string" in content
    assert "$.number: " in content
    assert "secret" not in content


async def test_only_the_first_mistakes_are_named(http: httpx.AsyncClient) -> None:
    content = (await http.post("/notes", json={"words": [0] * 5000})).json()["content"]
    assert content.endswith("; and 4995 more")
    assert len(content) < 500


@given(st.binary() | st.text().map(str.encode))
def test_whatever_is_no_json_is_400_and_never_another_failure(body: bytes) -> None:
    async def post() -> httpx.Response:
        async with client() as http:
            return await http.post("/notes", content=body)

    assert is_error(asyncio.run(post()), 400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"words": ["\u0000"]}', 400),
        (rb'{"words": ["\\\u0000"]}', 400),
        (rb'{"words": ["\\u0000"]}', 201),
        (rb'{"words": ["\\\\u0000"]}', 201),
        (rb'{"words": ["\ud83d\udeb2"]}', 201),
        (rb'{"words": ["\ud83d"]}', 400),
        (b'{"words": [], "x": NaN}', 400),
        (b'{"words": [], "x": 1e999}', 201),
    ],
)
async def test_text_without_nul_and_numbers_that_are_numbers(
    http: httpx.AsyncClient, body: bytes, status: int
) -> None:
    assert (await http.post("/notes", content=body)).status_code == status


async def test_unknown_paths_and_methods_are_answered_as_json(http: httpx.AsyncClient) -> None:
    assert is_error(await http.get("/notes/nothing"), 404, "not_found")
    assert is_error(await http.get("/notes/me/"), 404, "not_found")
    assert is_error(await http.get("/notes//"), 404, "not_found")
    refused = await http.delete("/notes")
    assert is_error(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize("how", ["dependency", "redis away", "redis late", "redis loading"])
async def test_what_does_not_answer_is_503_and_worth_a_repetition(
    http: httpx.AsyncClient, how: str
) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, 503, "unavailable")
    assert response.headers["retry-after"] == "1"
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("reused", 409, "idempotency_key_reused"),
        ("running", 409, "request_in_progress"),
        ("stale", 412, "stale_version"),
    ],
)
async def test_rejections_that_all_services_share(
    http: httpx.AsyncClient, how: str, status: int, code: str
) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, status, code)
    assert response.json()["content"] == str(FAILURES[how])


@pytest.mark.parametrize("how", ["bug", "unforeseen"])
async def test_a_bug_is_opaque_to_the_client(http: httpx.AsyncClient, how: str) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, 500, "internal_error")
    assert "secret" not in response.text


async def test_a_bug_is_not_swallowed() -> None:
    transport = httpx.ASGITransport(app(), root_path="/notes")
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        with pytest.raises(ZeroDivisionError):
            await http.get("/notes/fail/bug")


@pytest.mark.parametrize("key", [None, "", "acme", "acme-key ", "acme-key,acme-key", "\u00e9"])
async def test_without_a_key_that_is_known_it_is_401(
    http: httpx.AsyncClient, key: str | None
) -> None:
    headers = {} if key is None else {b"X-API-Key": key.encode("latin-1")}
    assert is_error(await http.get("/notes/me", headers=headers), 401, "unauthorized")


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (AGENT, 200),
        (f"version=1, {AGENT}", 200),
        ('profile="http://127.0.0.1:8080/p";v=1', 200),
        ("", 400),
        ("curl/8", 400),
        ("profile=https://agent.example", 400),
        ('profile=""', 400),
        ('profile="ftp://agent.example"', 400),
        ('notaprofile="https://agent.example"', 400),
    ],
)
async def test_an_agent_names_its_profile(http: httpx.AsyncClient, value: str, status: int) -> None:
    assert (await http.get("/notes/agent", headers={"UCP-Agent": value})).status_code == status


async def test_only_first_party_clients_may_leave_the_key_out(http: httpx.AsyncClient) -> None:
    headers = {"X-API-Key": "acme-key"}
    told = (await http.get("/notes/me", headers=headers)).json()
    assert told == {"platform": "acme", "first_party": True, "key": "none"}
    headers["UCP-Agent"] = AGENT
    refused = await http.get("/notes/me", headers=headers)
    assert is_error(refused, 400, "idempotency_key_required")
    headers["Idempotency-Key"] = "k"
    told = (await http.get("/notes/me", headers=headers)).json()
    assert told["first_party"] is False
    assert "k" != told["key"] != "none"


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "\u00e9"])
async def test_an_odd_idempotency_key_is_400(http: httpx.AsyncClient, key: str) -> None:
    headers = {b"X-API-Key": b"acme-key", b"Idempotency-Key": key.encode("latin-1")}
    assert is_error(await http.get("/notes/me", headers=headers), 400, "invalid_request")


@pytest.mark.parametrize(
    ("sent", "version"), [(None, 0), ("*", 0), ('"7"', 7), ('W/"7"', 7), (' "7" ', 7)]
)
async def test_if_match_names_a_version(
    http: httpx.AsyncClient, sent: str | None, version: int
) -> None:
    headers = {"X-API-Key": "acme-key"} | ({} if sent is None else {"If-Match": sent})
    response = await http.get("/notes/me", headers=headers)
    assert response.headers["etag"] == f'"{version}"'


@pytest.mark.parametrize("sent", ["", "7", '"x"', '"1", "2"', '"-1"', '"' + "9" * 19 + '"', "''"])
async def test_if_match_that_is_no_etag_of_ours_is_400(http: httpx.AsyncClient, sent: str) -> None:
    headers = {"X-API-Key": "acme-key", "If-Match": sent}
    assert is_error(await http.get("/notes/me", headers=headers), 400, "invalid_request")
