"""What one request may store is bounded, whatever is in it: documents, kept answers and events."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.carts.contract.bodies import MAX_CODES, MAX_ID_LENGTH, MAX_INTENT, MAX_LINES
from deployments.checkout.bodies import MAX_DESTINATIONS
from deployments.foundation.http.bodies import MAX_BODY_BYTES
from deployments.foundation.http.edge import http_app
from deployments.foundation.values.text import MAX_TEXT
from tests.unit.checkout.requests import Json
from tests.unit.checkout.services import SHIRT, Services

DOCUMENT = 132 * 1024
"""Bytes of a cart or of a session, at most."""
REQUEST = 320 * 1024
"""Bytes of memory that a request takes, at most."""
_LETTERS = ["x", "é", "語", "🚲", "\x01", '"', "\\", "<", "\u2028"]
_ADDRESS = [
    *("street_address", "extended_address", "address_locality", "address_region", "postal_code"),
    *("first_name", "last_name", "phone_number"),
]


def long(most: int) -> st.SearchStrategy[str]:
    """As long as may be, or a little longer, of letters that take more or less room."""
    length = st.sampled_from([1, most - 1, most, most, most, most + 1])
    return st.builds(str.__mul__, st.sampled_from(_LETTERS), length)


def several(part: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.integers(1, most).flatmap(lambda n: st.lists(part, min_size=n, max_size=most))


TEXT = long(MAX_TEXT)
LINE = st.fixed_dictionaries(
    {
        "id": long(MAX_ID_LENGTH),
        "item": st.fixed_dictionaries({"id": st.just(SHIRT.sku) | long(MAX_ID_LENGTH)}),
        "quantity": st.integers(1, 10_000),
    }
)
BODY = st.fixed_dictionaries(
    {
        "line_items": several(LINE, MAX_LINES),
        "discounts": st.fixed_dictionaries({"codes": several(long(MAX_ID_LENGTH), MAX_CODES)}),
        "buyer": st.fixed_dictionaries(
            dict.fromkeys(("first_name", "last_name", "phone_number", "nickname"), TEXT)
        ),
        "context": st.fixed_dictionaries(
            {
                **dict.fromkeys(("address_region", "postal_code", "language", "currency"), TEXT),
                "intent": long(MAX_INTENT),
                "eligibility": st.just([f"com.{'x' * 240}{n}" for n in range(20)]),
            }
        ),
        "attribution": st.dictionaries(TEXT, TEXT, max_size=3),
    }
)
ADDRESS = st.fixed_dictionaries({**dict.fromkeys(_ADDRESS, TEXT), "other": TEXT})


@st.composite
def fulfillment(draw: st.DrawFn) -> Json:
    addresses = draw(several(ADDRESS, MAX_DESTINATIONS))
    method = {"destinations": [{**one, "address_country": "US"} for one in addresses]}
    return {"methods": [{"type": "shipping", **method}]}


def encoded(sent: Json) -> bytes:
    return json.dumps(sent, ensure_ascii=False).encode()


async def memory(admin: Redis) -> int:
    """Bytes of all that is stored."""
    sizes = [await admin.memory_usage(key, samples=0) async for key in admin.scan_iter(count=1000)]
    return sum(size or 0 for size in sizes)


async def assert_bounded(services: Services, admin: Redis, path: str, sent: Json) -> httpx.Response:
    """Send a body twice under one key: what is stored is bounded, and nothing if it is refused."""
    routes = {
        "/carts": services.compositions["carts"].routes,
        "/checkout-sessions": services.compositions["checkout"].routes,
    }[path]
    transport = httpx.ASGITransport(http_app(routes), root_path=path)
    headers = {"X-API-Key": "key-of-acme", "Idempotency-Key": str(uuid.uuid4())}
    before = await memory(admin)
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        answers = [await http.post(path, content=encoded(sent), headers=headers) for _ in range(2)]
    grown = await memory(admin) - before
    assert answers[0].content == answers[1].content
    if answers[0].status_code == 201:
        service, kind = ("carts", "cart") if path == "/carts" else ("checkout", "session")
        doc = await admin.hstrlen(f"{{{service}}}:{kind}:{answers[0].json()['id']}", "doc")
        assert doc <= DOCUMENT
        assert grown <= REQUEST
    else:
        assert grown == 0
    return answers[0]


FIXTURES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@FIXTURES
@given(body=BODY)
async def test_what_a_request_for_a_cart_stores_is_bounded(
    services: Services, admin: Redis, body: Json
) -> None:
    await assert_bounded(services, admin, "/carts", body)


@FIXTURES
@given(body=BODY, delivery=fulfillment())
async def test_what_a_request_for_a_session_stores_is_bounded(
    services: Services, admin: Redis, body: Json, delivery: Json
) -> None:
    await assert_bounded(services, admin, "/checkout-sessions", {**body, "fulfillment": delivery})


def most(letter: str) -> Json:
    """The most of everything."""
    text, id_ = letter * MAX_TEXT, letter * (MAX_ID_LENGTH - 3)
    address = {**dict.fromkeys(_ADDRESS, text), "address_country": "US"}
    unknown = [{"item": {"id": f"{n}{id_}"}, "quantity": 1} for n in range(MAX_LINES - 1)]
    claims = [f"com.{'x' * 240}{n}" for n in range(20)]
    places = ("address_region", "postal_code", "language", "currency")
    destinations = [{"id": f"{n}{id_}", **address} for n in range(MAX_DESTINATIONS)]
    return {
        "line_items": [{"item": {"id": SHIRT.sku}, "quantity": 10_000}, *unknown],
        "discounts": {"codes": [f"{n}{id_}" for n in range(MAX_CODES)]},
        "buyer": dict.fromkeys(("first_name", "last_name", "phone_number"), text),
        "context": {
            **dict.fromkeys(places, text),
            "intent": letter * MAX_INTENT,
            "eligibility": claims,
            "address_country": "United States",
        },
        "fulfillment": {"methods": [{"destinations": destinations}]},
    }


@pytest.mark.parametrize("letter", _LETTERS)
@pytest.mark.parametrize("path", ["/carts", "/checkout-sessions"])
async def test_the_most_of_everything_is_bounded(
    services: Services, admin: Redis, path: str, letter: str
) -> None:
    lines = [{"item": {"id": SHIRT.sku}, "quantity": 1}] * MAX_LINES
    for sent in (most(letter), {**most(letter), "line_items": lines}):
        answer = await assert_bounded(services, admin, path, sent)
        assert answer.status_code == (413 if len(encoded(sent)) > MAX_BODY_BYTES else 201)


@pytest.mark.parametrize(
    "where",
    [
        *[("buyer", name) for name in ("first_name", "last_name", "email", "phone_number")],
        *[("context", name) for name in ("address_region", "postal_code", "language", "currency")],
        *[("context", "address_country"), ("context", "intent")],
        *[("fulfillment", "methods", 0, "destinations", 0, name) for name in _ADDRESS],
        ("fulfillment", "methods", 0, "destinations", 0, "address_country"),
        ("discounts", "codes", 0),
        ("line_items", 0, "item", "id"),
    ],
    ids=lambda where: str(where[-1]),
)
async def test_a_text_that_is_too_long_is_refused_with_its_path(
    services: Services, admin: Redis, where: tuple[str | int, ...]
) -> None:
    sent = most("x")
    part: Any = sent
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = "a@b.co" + "x" * 200_000
    paths = ["/checkout-sessions"] if "fulfillment" in where else ["/carts", "/checkout-sessions"]
    for path in paths:
        answer = await assert_bounded(services, admin, path, sent)
        assert answer.status_code == 400
        assert f"{json_path(where)}: " in answer.json()["content"]


def json_path(where: tuple[str | int, ...]) -> str:
    """The place in the document, as RFC 9535 spells it."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)


async def test_a_country_of_250000_characters_is_in_no_event(
    services: Services, admin: Redis
) -> None:
    lines = [{"item": {"id": SHIRT.sku}, "quantity": 1}] * MAX_LINES
    sent = {"line_items": lines, "context": {"address_country": "x" * 250_000}}
    await assert_bounded(services, admin, "/carts", sent)
    assert await admin.keys("{carts}:events:*") == []
