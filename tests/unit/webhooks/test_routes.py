"""Endpoints over HTTP: registering, listing and removing them, each platform its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from deployments.foundation.http.edge import http_app
from deployments.webhooks.contract import MOST_ENDPOINTS
from tests.composing import set_platform_keys
from tests.conftest import ClientOf
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks, Names

KEYS = {"acme's": "acme", "other's": "other"}
URL = "https://hooks.example/orders?tenant=7"
PROBLEM = "application/problem+json"


@asynccontextmanager
async def platform(
    webhooks: ComposedWebhooks, name: str = "acme"
) -> AsyncIterator[httpx.AsyncClient]:
    app = http_app(webhooks.composition.routes)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, root_path="/webhooks"),
        base_url="http://store",
        headers={"X-API-Key": f"{name}'s"},
    ) as http:
        yield http


@pytest.fixture(autouse=True)
def platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    set_platform_keys(monkeypatch, KEYS)


@pytest.fixture
def outside(redis_of: ClientOf) -> ComposedWebhooks:
    """A store that sends to the internet alone, and never does here."""
    names = {"hooks.example": ["1.1.1.1"], "inside.example": ["10.0.0.1"]}
    return ComposedWebhooks(redis_of, resolve=Names(names), loopback=False)


@pytest.fixture
async def acme(outside: ComposedWebhooks) -> AsyncIterator[httpx.AsyncClient]:
    async with platform(outside) as http:
        yield http


def problem(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a rejection, which must be a problem (RFC 9457)."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)
    detail: str = answer.json()["detail"]
    return detail


async def test_a_url_is_registered_once(acme: httpx.AsyncClient) -> None:
    first = await acme.post("/webhooks", json={"url": URL})
    again = await acme.post("/webhooks", json={"url": URL.replace("hooks.ex", "HOOKS.ex")})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    shown = first.json()
    created = shown.pop("created_at")
    assert created
    id_ = shown.pop("id")
    assert shown == {"url": URL, "state": "active", "waiting": 0, "dead": 0}
    listed = (await acme.get("/webhooks")).json()
    assert listed == {"endpoints": [{"id": id_, "created_at": created, **shown}]}


async def test_an_endpoint_that_was_removed_is_no_more(acme: httpx.AsyncClient) -> None:
    id_ = (await acme.post("/webhooks", json={"url": URL})).json()["id"]
    removed = await acme.delete(f"/webhooks/{id_}")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await acme.get("/webhooks")).json() == {"endpoints": []}
    problem(await acme.delete(f"/webhooks/{id_}"), 404, "not_found")


async def test_a_platform_sees_and_removes_its_own_only(
    acme: httpx.AsyncClient, outside: ComposedWebhooks
) -> None:
    id_ = (await acme.post("/webhooks", json={"url": URL})).json()["id"]
    async with platform(outside, "other") as other:
        assert (await other.get("/webhooks")).json() == {"endpoints": []}
        problem(await other.delete(f"/webhooks/{id_}"), 404, "not_found")
        theirs = (await other.post("/webhooks", json={"url": URL})).json()["id"]
    assert theirs != id_
    assert [one["id"] for one in (await acme.get("/webhooks")).json()["endpoints"]] == [id_]


async def test_there_is_an_end_to_endpoints(acme: httpx.AsyncClient) -> None:
    for n in range(MOST_ENDPOINTS):
        assert (await acme.post("/webhooks", json={"url": f"{URL}&n={n}"})).status_code == 201
    refused = await acme.post("/webhooks", json={"url": URL})
    assert "Remove one first" in problem(refused, 409, "too_many_endpoints")
    assert (await acme.post("/webhooks", json={"url": f"{URL}&n=0"})).status_code == 201


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "https://u:p@hooks.example/", "https://hooks.example/#a"),
        *("https://inside.example/", "https://127.0.0.1/", "https://[::1]/", "https://nowhere/"),
    ],
)
async def test_a_url_that_the_store_does_not_send_to_is_refused(
    acme: httpx.AsyncClient, url: str
) -> None:
    problem(await acme.post("/webhooks", json={"url": url}), 422, "url_refused")
    assert (await acme.get("/webhooks")).json() == {"endpoints": []}


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"url": 7}', '{"url": ""}'])
async def test_what_is_no_registration_is_refused(acme: httpx.AsyncClient, body: str) -> None:
    problem(await acme.post("/webhooks", content=body), 400, "invalid_request")


async def test_a_key_is_needed(outside: ComposedWebhooks) -> None:
    async with platform(outside, "nobody") as nobody:
        for method, path in (("POST", ""), ("GET", ""), ("DELETE", "/endpoint_1")):
            problem(await nobody.request(method, f"/webhooks{path}"), 401, "unauthorized")


async def test_a_store_that_signs_nothing_registers_nothing(redis_of: ClientOf) -> None:
    async with platform(ComposedWebhooks(redis_of, keys=())) as http:
        refused = await http.post("/webhooks", json={"url": URL})
        assert "FIELDHOUSE_SIGNING_KEYS" in problem(refused, 503, "nothing_signed")
        assert (await http.get("/webhooks")).json() == {"endpoints": []}
