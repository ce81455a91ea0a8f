"""What every request is held to, whichever service it is for, and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Literal

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.foundation.http.answers import ProtocolError, answer
from deployments.foundation.http.bodies import MAX_BODY_BYTES, read_body
from deployments.foundation.http.edge import MAX_HEAD_BYTES, http_app
from deployments.foundation.http.idempotency import stale_version
from deployments.foundation.http.operations import Dialect, Handler, Operation
from deployments.foundation.http.timeouts import Timeouts
from deployments.foundation.rpc.deadline import remaining
from tests.served import served

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
SHORT = 0.02
LONG = 60.0


async def wait(_request: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


async def left(_request: Request) -> Response:
    return answer(remaining(1000.0))


async def size(request: Request) -> Response:
    return answer(len(await read_body(request)))


async def fail(_request: Request) -> Response:
    raise ZeroDivisionError


async def kept(_request: Request) -> Response:
    return answer({}, headers={"Cache-Control": "public, max-age=300"})


def app(*, body: float = LONG, whole: float = LONG) -> ASGIApp:
    routes = [
        Route("/wait", wait),
        Route("/left", left),
        Route("/size", size, methods=["POST"]),
        Route("/size", left, methods=["GET"]),
        Route("/fail", fail),
        Route("/kept", kept),
    ]
    return http_app(routes, timeouts=Timeouts(body=body, answer=whole))


def client(one: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(one, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://store")


async def endless() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


def is_error(response: httpx.Response, status: int, code: str) -> bool:
    assert set(response.json()) == {"code", "content"}
    return (response.status_code, response.json()["code"]) == (status, code)


async def test_an_answer_that_takes_too_long_is_503_and_worth_a_repetition() -> None:
    async with client(app(whole=SHORT)) as http:
        response = await http.get("/wait")
    assert is_error(response, 503, "timeout")
    assert response.headers["retry-after"] == "1"


async def test_what_an_answer_waits_for_knows_how_long_it_may_take() -> None:
    async with client(app(whole=LONG)) as http:
        assert 0 < (await http.get("/left")).json() <= LONG


async def test_a_body_that_does_not_arrive_in_time_is_408_and_ends_the_connection() -> None:
    async with client(app(body=SHORT)) as http:
        response = await http.post("/size", content=endless())
    assert is_error(response, 408, "request_timeout")
    assert response.headers["connection"] == "close"


async def test_a_slow_body_is_cut_off_on_a_real_connection() -> None:
    async with served(app(body=SHORT)) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /size HTTP/1.1\r\nHost: store\r\nContent-Length: 10\r\n\r\n{")
        answered = await reader.read()  # Until the server closes.
        writer.close()
    assert answered.startswith(b"HTTP/1.1 408 ")
    assert b"request_timeout" in answered


async def test_a_body_takes_no_longer_than_the_whole_answer() -> None:
    async with client(app(whole=SHORT)) as http:
        assert is_error(await http.post("/size", content=endless()), 503, "timeout")


@pytest.mark.parametrize(
    "request_of",
    [
        {"url": "/left", "headers": {"X-Long": "x" * MAX_HEAD_BYTES}},
        {"url": "/left", "headers": {f"X-{n}": "x" for n in range(MAX_HEAD_BYTES // 3)}},
        {"url": f"/left?{'x' * MAX_HEAD_BYTES}"},
    ],
)
async def test_more_headers_than_are_allowed_are_431(request_of: dict[str, Any]) -> None:
    async with client(app()) as http:
        assert is_error(await http.request("GET", **request_of), 431, "request_too_large")
        fewer = {"X-Long": "x" * (MAX_HEAD_BYTES // 2)}
        assert (await http.get("/left", headers=fewer)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/left", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", "/left", 405),
        ("GET", "/fail", 500),
        ("GET", "/wait", 503),
    ],
)
async def test_every_answer_is_safe_in_a_browser(
    method: str, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with client(app(whole=SHORT)) as http:
        response = await http.request(method, path)
    assert response.status_code == status
    assert HEADERS.items() <= dict(response.headers).items()


async def test_an_answer_may_say_itself_how_long_it_is_kept() -> None:
    async with client(app()) as http:
        assert (await http.get("/kept")).headers.get_list("cache-control") == [
            "public, max-age=300"
        ]


async def test_a_method_that_is_not_allowed_is_told_all_that_are() -> None:
    async with client(app()) as http:
        response = await http.delete("/size")
    assert is_error(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, POST"


async def stale(_request: Request) -> Response:
    raise stale_version(7)


async def odd(_request: Request) -> Response:
    raise ProtocolError(422, "address_not_public", "The address is not public.", {"X-Odd": "1"})


def operation(
    path: str, handler: Handler, dialect: Dialect, method: Literal["GET", "DELETE"] = "GET"
) -> Operation:
    return Operation(
        method, path, handler, id="any", summary="Any", answers={200: {}}, dialect=dialect
    )


def problems() -> ASGIApp:
    handlers = {"/fail": fail, "/wait": wait, "/stale": stale, "/odd": odd, "/size": size}
    routes = [operation(path, handler, "problem") for path, handler in handlers.items()]
    routes.append(operation("/left", left, "problem", "DELETE"))
    return http_app(routes, timeouts=Timeouts(answer=SHORT))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "not_found"),
        ("/left", 405, "method_not_allowed"),
        ("/stale", 412, "stale_version"),
        ("/odd", 422, "address_not_public"),
        ("/fail", 500, "internal_error"),
        ("/wait", 503, "timeout"),
        (f"/left?{'x' * MAX_HEAD_BYTES}", 405, "method_not_allowed"),
        (f"/odd?{'x' * MAX_HEAD_BYTES}", 431, "request_too_large"),
    ],
)
async def test_a_service_may_answer_every_error_with_problem_details(
    path: str, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with client(problems()) as http:
        response = await http.get(path)
    assert response.headers["content-type"] == "application/problem+json"
    assert HEADERS.items() <= dict(response.headers).items()
    told = response.json()
    assert told["type"] == f"https://fieldhouse.org/problems/{code}"
    assert (response.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["title"] == code.replace("_", " ").capitalize()
    assert set(told) == {"type", "title", "status", "code", "detail"}


async def test_a_problem_has_the_headers_of_its_error() -> None:
    async with client(problems()) as http:
        assert (await http.get("/odd")).headers["x-odd"] == "1"
        assert (await http.get("/wait")).headers["retry-after"] == "1"
        assert (await http.get("/left")).headers["allow"] == "DELETE"
        large = await http.request("GET", "/size", content=b" " * (MAX_BODY_BYTES + 1))
    assert (large.status_code, large.json()["status"]) == (413, 413)


async def test_what_is_deleted_is_an_operation_like_any_other() -> None:
    async with client(problems()) as http:
        assert (await http.delete("/left")).status_code == 200


def test_a_service_has_one_dialect() -> None:
    with pytest.raises(ValueError, match="unpack"):
        http_app([operation("/a", left, "ucp"), operation("/b", left, "problem")])
