"""A client who looks at what the store can still do, and at what it says where it cannot."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, get_args

import httpx

from tests.faults.buyers import contents_of
from tests.faults.careful import Careful, Seen
from tests.integration.shopper import Json, line_items, payment

Deed = Literal[
    "discover",
    "search",
    "look_up",
    "read_a_cart",
    "fill_a_cart",
    "open_a_checkout",
    "read_a_checkout",
    "complete",
    "read_an_order",
]
DEEDS: tuple[Deed, ...] = get_args(Deed)
_LINES = [("TI-M267", 1)]


class Visitor:
    """Has a cart, an order, and a checkout that is open."""

    def __init__(self, client: httpx.AsyncClient, seen: Seen) -> None:
        self._client, self._careful, self._seen = client, Careful(client, seen), seen
        self._key = str(uuid.uuid4())
        self._deeds: Mapping[Deed, Callable[[], Awaitable[httpx.Response]]] = {
            "discover": self._discover,
            "search": self._search,
            "look_up": self._look_up,
            "read_a_cart": self._read_a_cart,
            "fill_a_cart": self._fill_a_cart,
            "open_a_checkout": self._open_a_checkout,
            "read_a_checkout": self._read_a_checkout,
            "complete": self._complete,
            "read_an_order": self._read_an_order,
        }

    async def enter(self) -> None:
        """Buy something, fill a cart and open a checkout, while all is well."""
        self._cart = await self._careful.ask("POST", "/carts", {"line_items": line_items(_LINES)})
        self._seen.carts.add(self._cart["id"])
        bought = await self._open()
        self._order = await self._careful.complete(bought, payment(bought, "success_token"))
        self._session = await self._open()

    async def finds_that_it_works(self, deed: Deed) -> None:
        """Do it once, and have it done."""
        answer = await self._deeds[deed]()
        assert answer.is_success, f"{deed}: {_told(answer)}"
        if deed == "complete":
            assert answer.json()["status"] == "completed", _told(answer)

    async def is_told_to_try_again(self, deed: Deed) -> None:
        """Do it once, and be told politely that it cannot be done now."""
        answer = await self._deeds[deed]()
        assert answer.status_code == 503, f"{deed}: {_told(answer)}"
        assert answer.headers["Retry-After"], f"{deed}: {_told(answer)}"
        assert answer.json()["code"], f"{deed}: {_told(answer)}"

    async def buy(self) -> None:
        """Repeat the completion until it has an outcome, which is an order."""
        body = payment(self._session, "success_token")
        done = await self._careful.complete(self._session, body, self._key)
        assert done["status"] == "completed", done

    async def _open(self) -> Json:
        session = await self._careful.ask("POST", "/checkout-sessions", contents_of(_LINES))
        assert session["status"] == "ready_for_complete", session
        self._seen.sessions.add(session["id"])
        return session

    async def _discover(self) -> httpx.Response:
        return await self._client.get("/.well-known/ucp")

    async def _search(self) -> httpx.Response:
        return await self._client.post("/catalog/search", json={"query": "mountain tire"})

    async def _look_up(self) -> httpx.Response:
        return await self._client.post("/catalog/lookup", json={"ids": [_LINES[0][0]]})

    async def _read_a_cart(self) -> httpx.Response:
        return await self._client.get(f"/carts/{self._cart['id']}")

    async def _fill_a_cart(self) -> httpx.Response:
        answer = await self._client.post("/carts", json={"line_items": line_items(_LINES)})
        if answer.is_success:
            self._seen.carts.add(answer.json()["id"])
        return answer

    async def _open_a_checkout(self) -> httpx.Response:
        answer = await self._client.post("/checkout-sessions", json=contents_of(_LINES))
        if answer.is_success:
            self._seen.sessions.add(answer.json()["id"])
        return answer

    async def _read_a_checkout(self) -> httpx.Response:
        return await self._client.get(f"/checkout-sessions/{self._session['id']}")

    async def _complete(self) -> httpx.Response:
        """One attempt to complete the open checkout, always under the same key."""
        path = f"/checkout-sessions/{self._session['id']}/complete"
        body, headers = payment(self._session, "success_token"), {"Idempotency-Key": self._key}
        return await self._client.post(path, json=body, headers=headers)

    async def _read_an_order(self) -> httpx.Response:
        return await self._client.get(f"/orders/{self._order['order']['id']}")


def _told(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.text}"
