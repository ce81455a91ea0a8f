"""A Redis that is full refuses writes: the store says so, loses nothing, and goes on by itself."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from commands.audit.books import Books
from commands.audit.command import audit
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.operations import Operation
from deployments.foundation.placement.host import Host
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import Endpoint
from deployments.inventory.contract import InventoryApi, ReceiveStock, StockRow
from tests.conftest import ClientOf
from tests.in_process import URL, store_in_process
from tests.integration.shopper import ADDRESS, Json, line_items, payment
from tests.valkey import full

SKU = "TI-M267"


class RepeatingShopper:
    """A client that sends each request under a key, and may send it again under the same."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def send(self, method: str, path: str, body: Json, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return await self._http.request(method, path, json=body, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(path)


@pytest.fixture
async def store(redis_of: ClientOf) -> AsyncIterator[Host]:
    async with store_in_process(redis_of) as store:
        yield store


@pytest.fixture
async def shopper(store: Host) -> AsyncIterator[RepeatingShopper]:
    transport = httpx.ASGITransport(store.app())
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http:
        yield RepeatingShopper(http)


def contents() -> Json:
    method = {
        "type": "shipping",
        "destinations": [ADDRESS],
        "groups": [{"id": "package_1", "selected_option_id": "1"}],
    }
    return {
        "line_items": line_items([(SKU, 1)]),
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {"methods": [method]},
    }


async def test_writes_are_answered_503_and_reads_as_ever(
    admin: Redis, shopper: RepeatingShopper, caplog: pytest.LogCaptureFixture
) -> None:
    lines = {"line_items": line_items([(SKU, 1)])}
    cart = (await shopper.send("POST", "/carts", lines)).json()
    session = (await shopper.send("POST", "/checkout-sessions", contents())).json()
    at_cart, at_session = f"/carts/{cart['id']}", f"/checkout-sessions/{session['id']}"
    writes = [
        ("POST", "/carts", lines),
        ("PUT", at_cart, {"line_items": line_items([(SKU, 2)])}),
        ("POST", "/checkout-sessions", contents()),
        ("PUT", at_session, {"id": session["id"], **contents()}),
        ("POST", f"{at_session}/complete", payment(session, "success_token")),
        ("POST", f"{at_session}/cancel", {}),
        ("POST", "/webhooks", {"url": "https://93.184.215.14/orders"}),
    ]
    async with full(admin):
        for method, path, body in writes:
            answer = await shopper.send(method, path, body)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
            assert "Repeat the request, under the same key." in answer.text
        for path in (at_cart, at_session):
            assert (await shopper.get(path)).status_code == 200
        found = await shopper.send("POST", "/catalog/search", {"query": "tire"})
        assert found.json()["products"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_purchase_goes_on_when_there_is_room_and_happens_once(
    admin: Redis, shopper: RepeatingShopper, redis_of: ClientOf
) -> None:
    session = (await shopper.send("POST", "/checkout-sessions", contents())).json()
    path, key = f"/checkout-sessions/{session['id']}/complete", str(uuid.uuid4())
    body = payment(session, "success_token")
    async with full(admin):
        assert (await shopper.send("POST", path, body, key)).status_code == 503
    bought = (await shopper.send("POST", path, body, key)).json()
    assert bought["status"] == "completed"
    assert (await shopper.send("POST", path, body, key)).json()["order"] == bought["order"]
    reports = await audit(Books.of(redis_of))
    found = [each.rule for report in reports for each in report.findings.discrepancies]
    assert found == []


async def test_a_callers_dependency_is_broken_and_not_buggy(
    admin: Redis, store: Host, caplog: pytest.LogCaptureFixture
) -> None:
    row = StockRow(sku=SKU, location_id=1, location_name="Davis", quantity=1)
    request = ReceiveStock(batch="more", rows=(row,))
    async with full(admin):
        endpoint = Endpoint(InventoryApi, store.services["inventory"].service)
        reply = await endpoint("receive", request.model_dump_json().encode(), 5.0)
    assert reply == ("broken", b"OutOfMemoryError")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), True),
        (ResponseError("MISCONF Errors writing to the AOF file: No space left on device"), True),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), True),
        (ResponseError("WRONGTYPE Operation against a key"), False),
        (ValueError("MISCONF "), False),
    ],
)
def test_what_passes_is_told_from_what_is_wrong(failure: Exception, passes: bool) -> None:  # noqa: FBT001
    assert is_unavailable(failure) is passes


async def test_a_wrong_command_is_a_bug_that_is_logged_once(
    admin: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await admin.set("{carts}:test", "text")

    async def handler(_request: object) -> None:
        await admin.hget("{carts}:test", "field")

    app = http_app([Operation("GET", "/", handler, id="get_test", summary="", answers={})])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
        answer = await http.get("/")
    assert answer.status_code == 500
    assert "WRONGTYPE" not in answer.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
