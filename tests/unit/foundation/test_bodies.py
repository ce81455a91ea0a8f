"""What a body may be, and what is said of one that may not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.http.bodies import MAX_BODY_BYTES
from tests.unit.foundation.notes_service import app, client, is_error


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """A body of blanks that publishes no length."""
    for _ in range(size // 1024 + 1):
        yield b" " * 1024


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
    assert "$.words[0]: Input should be a valid string" in content
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


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "Application/JSON; charset=UTF-8"},
        {"Content-Type": 'application/json;charset="utf-8"'},
        {"Content-Type": "application/json", "Content-Encoding": "identity"},
    ],
)
async def test_a_body_is_json_as_it_is(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await http.post("/notes", content=b'{"words": []}', headers=headers)
    assert response.status_code == 201


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Content-Type": "text/plain"}, ("accept", "application/json")),
        ({"Content-Type": ""}, ("accept", "application/json")),
        ({"Content-Type": "application/json; charset=utf-16"}, ("accept", "application/json")),
        ({"Content-Type": "application/jsonp"}, ("accept", "application/json")),
        ({"Content-Type": "application/x-www-form-urlencoded"}, ("accept", "application/json")),
        ({"Content-Encoding": "br"}, ("accept-encoding", "identity")),
        ({"Content-Encoding": "gzip"}, ("accept-encoding", "identity")),
        ({"Content-Encoding": "identity, br"}, ("accept-encoding", "identity")),
    ],
)
async def test_a_body_that_says_it_is_something_else_is_415(
    http: httpx.AsyncClient, headers: dict[str, str], accepted: tuple[str, str]
) -> None:
    response = await http.post("/notes", content=b'{"words": []}', headers=headers)
    assert is_error(response, 415, "unsupported_media_type")
    name, value = accepted
    assert response.headers[name] == value


async def test_no_body_is_of_no_type(http: httpx.AsyncClient) -> None:
    response = await http.post("/notes", headers={"Content-Type": "text/plain"})
    assert is_error(response, 400, "invalid_request")  # It is no JSON either.
