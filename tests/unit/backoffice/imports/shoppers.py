"""Shoppers who search, look at products, fill carts and buy at a steady rate, whatever it takes.

    python -m tests.unit.backoffice.imports.shoppers URL SECONDS

prints how long answers took, in milliseconds, counted from when each was due to be asked.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter

import httpx

from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.inventory.seed import stock
from tests.integration.shopper import ADDRESS, Json, payment

_PER_SECOND = 20
_PLENTIFUL = 500
_WORDS = ("tire", "road bike", "helmet", "gloves", "mountain frame", "jersey", "tent 12")
_GROUPS = [{"id": "package_1", "selected_option_id": "1"}]
_DELIVERY = {"methods": [{"type": "shipping", "destinations": [ADDRESS], "groups": _GROUPS}]}


def plentiful() -> list[str]:
    """SKUs of which there is so much that nobody buys it all."""
    units: Counter[str] = Counter()
    for row in stock():
        units[row.sku] += row.quantity
    return sorted(sku for sku, quantity in units.items() if quantity >= _PLENTIFUL)


class Shoppers:
    """Any number of them, one of whom asks for something twenty times a second."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client, self._skus = client, plentiful()
        self.took: list[float] = []
        self.failed, self.bought = 0, 0

    async def shop(self, seconds: float) -> None:
        """Ask for so long, and wait for what was asked."""
        async with asyncio.TaskGroup() as tasks:
            began = time.perf_counter()
            for number in range(int(seconds * _PER_SECOND)):
                due = began + number / _PER_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(self._one(number, due))

    async def _one(self, number: int, due: float) -> None:
        """Every tenth buys, every tenth fills a cart; the others look around."""
        sku = random.choice(self._skus)
        lines = [{"item": {"id": sku}, "quantity": 1}]
        if number % 10 == 0:
            await self._buy(lines, due)
        elif number % 10 == 5:
            await self._ask("/carts", {"line_items": lines}, due)
        elif number % 5 == 1:
            await self._ask("/catalog/lookup", {"ids": [sku, "TI-M267"]}, due)
        elif number % 5 == 2:
            await self._ask("/catalog/product", {"id": sku}, due)
        else:
            await self._ask("/catalog/search", {"query": random.choice(_WORDS)}, due)

    async def _buy(self, lines: list[Json], due: float) -> None:
        buyer = {"email": "ada@example.com"}
        body = {"line_items": lines, "buyer": buyer, "fulfillment": _DELIVERY}
        session = await self._ask("/checkout-sessions", body, due)
        if session is None:
            return
        path = f"/checkout-sessions/{session['id']}/complete"
        now = time.perf_counter()
        done = await self._ask(path, payment(session, "success_token"), now)
        self.bought += done is not None and done["status"] == "completed"

    async def _ask(self, path: str, body: Json, due: float) -> Json | None:
        try:
            answer = await self._client.post(path, json=body)
        except httpx.HTTPError:
            self.failed += 1
            return None
        finally:
            self.took.append(round((time.perf_counter() - due) * 1000, 1))
        self.failed += not answer.is_success
        shown: Json = answer.json()
        return shown if answer.is_success else None


async def shop(url: str, seconds: float) -> Json:
    """The times that answers took, how many failed, and how much was bought."""
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        shoppers = Shoppers(client)
        await shoppers.shop(seconds)
    return {"took": shoppers.took, "failed": shoppers.failed, "bought": shoppers.bought}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(shop(sys.argv[1], float(sys.argv[2])))))
