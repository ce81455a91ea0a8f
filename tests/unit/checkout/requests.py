"""What a platform sends to checkout over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.ucp_schemas import assert_valid
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT

KEYS = {"key-of-acme": PLATFORM, "key-of-other": "other"}
ADDRESS = {
    "street_address": "1 Main St",
    "address_locality": "Davis",
    "address_region": "CA",
    "address_country": "US",
    "postal_code": "95616",
}
Json = dict[str, Any]


def body(*, option: str | None = None, **more: Any) -> Json:  # noqa: ANN401
    method: Json = {"type": "shipping", "destinations": [ADDRESS]}
    if option is not None:
        method["groups"] = [{"id": "package_1", "selected_option_id": option}]
    return {
        "line_items": [
            {"item": {"id": SHIRT.sku, "title": "Free!", "price": 1}, "quantity": 2},
            {"item": {"id": BIKE.id}, "quantity": 1},
        ],
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {"methods": [method]},
        **more,
    }


def payment(token: str = "success_token") -> Json:
    instrument = {
        "id": "card-1",
        "handler_id": "org.fieldhouse.sandbox",
        "type": "card",
        "selected": True,
        "credential": {"type": "token", "token": token},
    }
    return {"payment": {"instruments": [instrument]}}


async def create(client: httpx.AsyncClient, **wanted: Any) -> Json:  # noqa: ANN401
    answer = await client.post("/", json=body(**wanted))
    assert answer.status_code == 201, answer.text
    session: Json = answer.json()
    assert_valid("checkout", session)
    return session
