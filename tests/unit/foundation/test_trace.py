"""One trace for all that a request starts: its calls, what goes on later, and who subscribes to
it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.http.answers import answer
from deployments.foundation.http.edge import http_app
from deployments.foundation.rpc.calls import Endpoint, Reply, client_of
from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.rpc.detach import detach, finish_detached, go_on
from deployments.foundation.rpc.handles import ServeTransport
from deployments.foundation.rpc.location import Hosted
from deployments.foundation.values.message import Message
from deployments.foundation.values.trace import traceparent, tracing
from tests.composing import set_platform_keys
from tests.conditions import until
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.checkout.services import PLATFORM, SHIRT, Services

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MALFORMED = ["", "nonsense", TRACE.upper(), TRACE + "\t", TRACE + "-secret", "ff" + TRACE[2:]]


class Ask(Message):
    pass


class Told(Message):
    trace: str


class AskApi(Protocol):
    async def ask(self, request: Ask) -> Told: ...


class Asked:
    """Tells in which trace it works."""

    async def ask(self, request: Ask) -> Told:
        return Told(trace=traceparent())


class Replica:
    """A replica as the handle of another one reaches it: nothing but the arguments arrives."""

    def __init__(self, api: type, service: object) -> None:
        self._endpoint = Endpoint(api, service)

    def remote(
        self, _service: str, method: str, body: bytes, seconds: float, trace: str | None = None
    ) -> asyncio.Task[Reply]:
        answer = self._endpoint(method, body, seconds, trace)
        return contextvars.Context().run(asyncio.create_task, answer)


@dataclass
class Handle:
    """What Serve gives to callers."""

    invoke: Any


def reached(invoke: Any) -> AskApi:  # noqa: ANN401
    handle = Handle(invoke)
    return dependency(AskApi, ServeTransport("asked", lambda app: Hosted(app, handle)), app="asked")


async def tell(_request: Request) -> Response:
    return answer(traceparent())


@asynccontextmanager
async def service() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(http_app([Route("/", tell)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        yield http


async def test_a_request_is_worked_on_in_the_trace_that_it_names() -> None:
    async with service() as http:
        assert (await http.get("/", headers={"traceparent": TRACE})).json() == TRACE
        assert (await http.get("/")).json() != TRACE


@pytest.mark.parametrize("header", [None, *MALFORMED])
async def test_a_request_without_a_trace_or_with_a_malformed_one_begins_one(
    header: str | None,
) -> None:
    headers = {} if header is None else {"traceparent": header}
    async with service() as http:
        with tracing(TRACE):
            first = (await http.get("/", headers=headers)).json()
            second = (await http.get("/", headers=headers)).json()
        assert traceparent() != first != second
    assert TRACE not in {first, second}
    assert "secret" not in first


async def test_a_call_over_a_handle_carries_the_trace() -> None:
    asked = reached(Replica(AskApi, Asked()))
    with tracing(TRACE):
        assert (await asked.ask(Ask())).trace == TRACE
    assert (await asked.ask(Ask())).trace != TRACE


@pytest.mark.parametrize("trace", [None, *MALFORMED])
async def test_a_call_of_an_earlier_version_begins_a_trace(trace: str | None) -> None:
    _, body = await Replica(AskApi, Asked()).remote("any", "ask", b"{}", 1.0, trace)
    told = Told.model_validate_json(body)
    assert told.trace not in {TRACE, trace}


async def test_a_call_in_one_process_stays_in_its_trace() -> None:
    asked = client_of(AskApi, Endpoint(AskApi, Asked()))
    with tracing(TRACE):
        assert (await asked.ask(Ask())).trace == TRACE


async def test_detached_work_is_in_the_trace_of_whoever_started_it() -> None:
    seen: list[str] = []

    async def work() -> None:
        seen.append(traceparent())
        seen.append(traceparent())

    with tracing(TRACE):
        await detach(work(), seconds=10, name="work")
        go_on(work(), seconds=10, name="work")
    await finish_detached()
    assert seen == [TRACE] * 4


async def test_detached_work_without_a_trace_has_one_of_its_own() -> None:
    async def work() -> set[str]:
        return {traceparent(), traceparent()}

    assert len(await detach(work(), seconds=10, name="work")) == 1


class Apart(Services):
    """Every service in a context of its own, which only what crosses a handle enters."""

    def reached(self, api: type, service: object) -> object:
        app = api.__module__.split(".")[1]
        handle = Handle(Replica(api, service))
        return dependency(api, ServeTransport(app, lambda _: Hosted(app, handle)), app=app)


LINES = {"line_items": [{"item": {"id": SHIRT.sku}, "quantity": 2}]}
PURCHASE = {
    "buyer": {"email": "ada@example.com"},
    "fulfillment": {
        "methods": [
            {
                "type": "shipping",
                "destinations": [
                    {
                        "street_address": "1 Main St",
                        "address_locality": "Davis",
                        "address_region": "CA",
                        "address_country": "US",
                        "postal_code": "95616",
                    }
                ],
                "groups": [{"selected_option_id": "ground"}],
            }
        ]
    },
}
CARD = {
    "id": "card-1",
    "handler_id": "org.fieldhouse.sandbox",
    "type": "card",
    "credential": {"type": "token", "token": "success_token"},
}
_SERVICES = ("carts", "checkout", "inventory", "payments", "orders", "shipping")
_BEFORE_CONSUMERS = {
    "org.fieldhouse.carts.line_added.v1",
    "org.fieldhouse.checkout.started.v1",
    "org.fieldhouse.inventory.reserved.v1",
    "org.fieldhouse.payments.authorised.v1",
    "org.fieldhouse.orders.placed.v1",
    "org.fieldhouse.checkout.completed.v1",
    "org.fieldhouse.inventory.committed.v1",
    "org.fieldhouse.payments.captured.v1",
}
_OF_CONSUMERS = {
    "org.fieldhouse.shipping.estimated.v1",
    "org.fieldhouse.orders.paid.v1",
    "org.fieldhouse.shipping.created.v1",
    "org.fieldhouse.orders.processing.v1",
}


def client_of_service(routes: Sequence[Route], prefix: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(http_app(routes), root_path=prefix),
        base_url="http://store",
        headers={"X-API-Key": "key-of-acme", "traceparent": TRACE},
    )


async def buy(services: Services) -> None:
    """Fill a cart, check out and pay, every request in the trace."""
    async with client_of_service(services.compositions["carts"].routes, "/carts") as http:
        cart = (await http.post("/carts", json=LINES)).json()
    routes = services.compositions["checkout"].routes
    async with client_of_service(routes, "/checkout-sessions") as http:
        session = (await http.post("/checkout-sessions", json={"cart_id": cart["id"]})).json()
        place = f"/checkout-sessions/{session['id']}"
        await http.put(place, json={**LINES, **PURCHASE})
        paid = await http.post(f"{place}/complete", json={"payment": {"instruments": [CARD]}})
    assert paid.json()["status"] == "completed", paid.text
    await finish_detached()


def clients(redis_of: ClientOf) -> dict[str, Redis]:
    return {service: redis_of(service) for service in _SERVICES}


async def all_events(readers: dict[str, Redis]) -> list[Envelope]:
    return [
        event for service, redis in readers.items() for event in await published(redis, service)
    ]


async def types(readers: dict[str, Redis]) -> set[str]:
    return {event.type for event in await all_events(readers)}


@pytest.fixture
async def services(redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> Apart:
    set_platform_keys(monkeypatch, {"key-of-acme": PLATFORM})
    services = Apart(redis_of)
    await services.stock()
    return services


async def test_every_event_of_a_purchase_is_in_its_trace(
    services: Apart, redis_of: ClientOf
) -> None:
    await buy(services)
    readers = clients(redis_of)
    assert await types(readers) == _BEFORE_CONSUMERS
    assert [e.type for e in await all_events(readers) if e.traceparent != TRACE] == []


def consumer(services: Services, name: str) -> Consumer:
    own, subscriptions = services.redis_of(name), services.compositions[name].subscriptions
    options = ConsumerOptions(renew_seconds=0.1, block_seconds=0.05)
    return Consumer(name, own, lambda _: services.redis_of(name), subscriptions, options=options)


async def test_what_is_consumed_of_it_is_in_its_trace_too(
    services: Apart, redis_of: ClientOf
) -> None:
    consumers = [consumer(services, name) for name in ("shipping", "orders")]
    readers, seen = clients(redis_of), set[str]()

    async def consumed() -> bool:
        seen.update(await types(readers))
        return seen == _BEFORE_CONSUMERS | _OF_CONSUMERS

    running = [asyncio.create_task(one.run()) for one in consumers]
    try:
        await buy(services)
        await until(consumed, "all that follows is published", tell=lambda: str(seen))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert [e.type for e in await all_events(readers) if e.traceparent != TRACE] == []
