"""Buyers who shop without end: some directly, some by cart, some with a code, some in vain."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from deployments.inventory.seed import stock
from tests.faults.careful import Careful, Seen, reason
from tests.faults.tried_store import TriedStore
from tests.integration.shopper import ADDRESS, Json, line_items, payment

BUYERS = 6
_PLENTIFUL = 500


def plentiful() -> list[str]:
    """SKUs of which there is so much that these tests cannot buy it all."""
    units: Counter[str] = Counter()
    for row in stock():
        units[row.sku] += row.quantity
    return sorted(sku for sku, quantity in units.items() if quantity >= _PLENTIFUL)


def contents_of(lines: Sequence[tuple[str, int]], codes: Sequence[str] = ()) -> Json:
    """A session's contents that can be completed."""
    groups = [{"id": "package_1", "selected_option_id": "1"}]
    return {
        "line_items": line_items(lines),
        "discounts": {"codes": list(codes)},
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {
            "methods": [{"type": "shipping", "destinations": [ADDRESS], "groups": groups}]
        },
    }


class Buyer:
    """One buyer, with a mind of its own."""

    def __init__(self, client: Careful, skus: Sequence[str], seed: int) -> None:
        self._client, self._seen, self._skus = client, client.seen, skus
        self._mind = random.Random(seed)

    async def shop(self, closing: asyncio.Event) -> None:
        """Buy one thing after another until it is closing time, and finish what was begun."""
        while not closing.is_set():
            await self._buy()
            await asyncio.sleep(self._mind.uniform(0.0, 0.1))

    async def _buy(self) -> None:
        session = await (self._by_cart if self._chance(0.3) else self._directly)()
        assert "id" in session, f"a session was refused: {session}"
        self._seen.sessions.add(session["id"])
        if session["status"] != "ready_for_complete":
            self._seen.rejections[reason(session)] += 1
            return
        if self._chance(0.1):
            session = await self._client.complete(session, payment(session, "fail_token"))
        await self._client.complete(session, payment(session, self._seen.card))

    async def _directly(self) -> Json:
        return await self._client.ask("POST", "/checkout-sessions", self._contents())

    async def _by_cart(self) -> Json:
        await self._client.ask("POST", "/catalog/search", {"query": "mountain tire"})
        contents = self._contents()
        parts = {name: contents[name] for name in ("line_items", "discounts")}
        cart = await self._client.ask("POST", "/carts", parts)
        assert "id" in cart, f"a cart was refused: {cart}"
        self._seen.carts.add(cart["id"])
        session = await self._client.ask("POST", "/checkout-sessions", {"cart_id": cart["id"]})
        return await self._client.ask("PUT", f"/checkout-sessions/{session['id']}", contents)

    def _contents(self) -> Json:
        skus = self._mind.sample(self._skus, self._mind.randint(1, 2))
        codes = self._mind.choice([[], [], ["WELCOME10"], ["FIRST100"]])
        return contents_of([(sku, self._mind.randint(1, 2)) for sku in skus], codes)

    def _chance(self, part: float) -> bool:
        return self._mind.random() < part


@asynccontextmanager
async def buyers(
    store: TriedStore, seen: Seen, seed: int, count: int = BUYERS
) -> AsyncIterator[None]:
    """Let buyers shop meanwhile; at the end each of them finishes what it has begun."""
    closing, skus = asyncio.Event(), plentiful()
    async with store.client() as client, asyncio.TaskGroup() as shopping:
        for number in range(count):
            buyer = Buyer(Careful(client, seen), skus, seed + number)
            shopping.create_task(buyer.shop(closing))
        yield
        closing.set()
