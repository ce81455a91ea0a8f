"""Buyers who buy one thing after another: each begins anew when the last purchase has an outcome.

What got no good answer is counted, and not tried again: here it is about how much the store takes.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import cast

import httpx

from commands.loading.figures import LoadLevel
from commands.storefront import Json
from deployments.inventory.seed import stock

_PLENTIFUL = 200
_TOO_MANY_REQUESTS = 429
_LIMITED = "429: start the store with FIELDHOUSE_RATE_LIMITS=off"
_ADDRESS = {
    "street_address": "1 Main St",
    "address_locality": "Davis",
    "address_region": "CA",
    "address_country": "US",
    "postal_code": "95616",
}
_METHOD = {
    "type": "shipping",
    "destinations": [_ADDRESS],
    "groups": [{"id": "package_1", "selected_option_id": "1"}],
}


def plentiful() -> list[str]:
    """SKUs of which there is a lot in the data that the store comes with."""
    units: Counter[str] = Counter()
    for row in stock():
        units[row.sku] += row.quantity
    return sorted(sku for sku, quantity in units.items() if quantity >= _PLENTIFUL)


class Buyers:
    """Any number of them, who share connections."""

    def __init__(self, client: httpx.AsyncClient, skus: Sequence[str]) -> None:
        self._client, self._skus = client, list(skus)

    async def shop(self, level: LoadLevel, seconds: float) -> None:
        """Let the level's buyers buy for so long, and finish what they have begun."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(level.buyers):
                tasks.create_task(self._shop(level, began + seconds))
        level.seconds = time.monotonic() - began

    async def _shop(self, level: LoadLevel, until: float) -> None:
        while time.monotonic() < until and self._skus:
            await self._buy(level)

    async def _buy(self, level: LoadLevel) -> None:
        sku = random.choice(self._skus)  # noqa: S311 - whatever comes.
        session = await self._ask(level, "/checkout-sessions", _contents(sku), level.opening)
        if session is not None and session["status"] == "ready_for_complete":
            path = f"/checkout-sessions/{session['id']}/complete"
            session = await self._ask(level, path, _payment(session), level.completing)
        if session is not None and session["status"] == "completed":
            level.orders.add(session["order"]["id"])
        elif session is not None:
            self._count_rejection(level, session, sku)

    def _count_rejection(self, level: LoadLevel, session: Json, sku: str) -> None:
        codes = {message["code"] for message in session.get("messages", ())}
        level.trouble.update(codes)
        if "out_of_stock" in codes and sku in self._skus:
            self._skus.remove(sku)

    async def _ask(
        self, level: LoadLevel, path: str, body: Json, spent: list[float]
    ) -> Json | None:
        """The answer; none if there was no good one."""
        began = time.monotonic()
        try:
            headers = {"Idempotency-Key": str(uuid.uuid4())}
            answer = await self._client.post(path, json=body, headers=headers)
        except httpx.TransportError as failure:
            level.trouble[type(failure).__name__] += 1
            return None
        if answer.is_error:
            limited = answer.status_code == _TOO_MANY_REQUESTS
            level.trouble[_LIMITED if limited else str(answer.status_code)] += 1
            return None
        spent.append(time.monotonic() - began)
        return cast(Json, answer.json())


def _contents(sku: str) -> Json:
    return {
        "line_items": [{"item": {"id": sku}, "quantity": 1}],
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {"methods": [_METHOD]},
    }


def _payment(session: Json) -> Json:
    (handler,) = next(iter(session["ucp"]["payment_handlers"].values()))
    instrument = {
        "id": "card-1",
        "handler_id": handler["id"],
        "type": "card",
        "selected": True,
        "credential": {"type": "token", "token": "success_token"},
    }
    return {"payment": {"instruments": [instrument]}}
