"""A shopper who talks HTTP to the running store, and checks every answer against the schemas."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from tests.ucp_schemas import Kind, assert_valid

Json = dict[str, Any]
ADDRESS = {
    "street_address": "1 Main St",
    "address_locality": "Davis",
    "address_region": "CA",
    "address_country": "US",
    "postal_code": "95616",
}
_ATTEMPTS = 30


class Shopper:
    """One platform's client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        kind: Kind,
        body: Json | None = None,
        *,
        status: int = 200,
        key: str | None = None,
    ) -> Json:
        """The answer, which must have this status and be valid; writes carry a fresh key.

        What a machine under load answers 503 is asked again under the same key, as its sentence
        tells a client to do.
        """
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} if method != "GET" else {}
        for _ in range(_ATTEMPTS):
            answer = await self._client.request(method, path, json=body, headers=headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        shown: Json = answer.json()
        assert_valid(kind, shown)
        return shown

    async def open(
        self, lines: Sequence[tuple[str, int]], codes: Sequence[str] = (), option: str = "1"
    ) -> Json:
        """A session for these SKUs that is ready to be completed, if all is in stock."""
        body = {
            "line_items": line_items(lines),
            "discounts": {"codes": list(codes)},
            "buyer": {"email": "ada@example.com"},
            "fulfillment": {
                "methods": [
                    {
                        "type": "shipping",
                        "destinations": [ADDRESS],
                        "groups": [{"id": "package_1", "selected_option_id": option}],
                    }
                ]
            },
        }
        return await self.ask("POST", "/checkout-sessions", "checkout", body, status=201)

    async def complete(self, session: Json, token: str = "success_token") -> Json:
        """The session after an attempt to pay."""
        path = f"/checkout-sessions/{session['id']}/complete"
        return await self.ask("POST", path, "checkout", payment(session, token))

    async def order(self, session: Json) -> Json:
        """The order that a completed session became."""
        return await self.ask("GET", f"/orders/{session['order']['id']}", "order")


def line_items(lines: Sequence[tuple[str, int]]) -> list[Json]:
    """Lines as UCP has them."""
    return [{"item": {"id": sku}, "quantity": quantity} for sku, quantity in lines]


def payment(session: Json, token: str) -> Json:
    """The body that pays with the handler that the session offers."""
    (handler,) = (found[0] for found in session["ucp"]["payment_handlers"].values())
    instrument = {
        "id": "card-1",
        "handler_id": handler["id"],
        "type": "card",
        "selected": True,
        "credential": {"type": "token", "token": token},
    }
    return {"payment": {"instruments": [instrument]}}


def total(shown: Json, kind: str) -> int:
    """One of a cart's, session's or order's totals, 0 if it is not there."""
    return sum(entry["amount"] for entry in shown["totals"] if entry["type"] == kind)


def fulfilled(order: Json) -> bool:
    """Whether every line has been shipped, and whatever was shipped has arrived."""
    events = [event["type"] for event in order["fulfillment"]["events"]]
    return (
        all(line["status"] == "fulfilled" for line in order["line_items"])
        and events.count("delivered") == events.count("shipped") > 0
    )
