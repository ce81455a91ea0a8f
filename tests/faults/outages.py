"""Services that are down for as long as one likes, in three ways, and what still works then.

The store's isolation table, on the real thing: while a service is away, everything that does not
need it works; a completion that needs it says "try again", and its repetition gets the order.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import httpx
import psutil

from tests.faults.buyers import contents_of
from tests.faults.careful import Careful, Seen
from tests.faults.conditions import EVERY_SECONDS
from tests.faults.damage import processes, replica
from tests.faults.serve_api import ServeApi, without
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Json, line_items, payment

Way = Literal["removed", "killed again and again", "hanging"]
_LINES = [("TI-M267", 1)]


@dataclass(frozen=True)
class Row:
    """What works without a service; whether a checkout that is open can be completed."""

    works: tuple[str, ...]
    completes: bool


TABLE: Mapping[str, Row] = {
    "catalog": Row(("read_a_cart",), completes=True),
    "shipping": Row(("browse", "read_a_cart", "fill_a_cart"), completes=True),
    "pricing": Row(("browse", "read_a_cart"), completes=True),
    "payments": Row(("browse", "read_a_cart", "fill_a_cart", "open_a_checkout"), completes=False),
    "inventory": Row(("browse", "read_a_cart", "fill_a_cart"), completes=False),
    "orders": Row(("browse", "read_a_cart", "fill_a_cart", "open_a_checkout"), completes=False),
}


class Visitor:
    """A client with a cart and an open checkout, who looks at what the store can still do."""

    def __init__(self, client: httpx.AsyncClient, seen: Seen) -> None:
        self._client, self._careful = client, Careful(client, seen)
        self._key = str(uuid.uuid4())

    async def enter(self) -> None:
        """Fill a cart and open a checkout, while all is well."""
        body = {"line_items": line_items(_LINES)}
        self._cart = await self._careful.ask("POST", "/carts", body)
        self._careful.seen.carts.add(self._cart["id"])
        contents = contents_of(_LINES)
        self._session = await self._careful.ask("POST", "/checkout-sessions", contents)
        self._careful.seen.sessions.add(self._session["id"])

    async def browse(self) -> None:
        """Search and look up."""
        await self._works("POST", "/catalog/search", {"query": "mountain tire"})
        await self._works("POST", "/catalog/lookup", {"ids": [_LINES[0][0]]})

    async def read_a_cart(self) -> None:
        """The cart that is there."""
        await self._works("GET", f"/carts/{self._cart['id']}")

    async def fill_a_cart(self) -> None:
        """A new cart."""
        cart = await self._works("POST", "/carts", {"line_items": line_items(_LINES)})
        self._careful.seen.carts.add(cart["id"])

    async def open_a_checkout(self) -> None:
        """A new checkout, of which nothing comes."""
        session = await self._works("POST", "/checkout-sessions", contents_of(_LINES))
        assert session["status"] == "ready_for_complete", session
        self._careful.seen.sessions.add(session["id"])

    async def try_to_complete(self) -> httpx.Response:
        """One attempt to complete the open checkout, always under the same key."""
        path = f"/checkout-sessions/{self._session['id']}/complete"
        headers = {"Idempotency-Key": self._key}
        return await self._client.post(path, json=self._payment, headers=headers)

    async def buy(self) -> None:
        """Repeat that until it has an outcome, which is an order."""
        done = await self._careful.complete(self._session, self._payment, self._key)
        assert done["status"] == "completed", done

    @property
    def _payment(self) -> Json:
        return payment(self._session, "success_token")

    async def _works(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = await self._client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        shown: Json = answer.json()
        return shown


@dataclass(frozen=True)
class Outage:
    """A service that is down in some way, and the row of the table that holds meanwhile."""

    service: str
    way: Way

    @property
    def name(self) -> str:
        """Which service, and how it is down."""
        return f"{self.service} {self.way}"

    async def strike(self, store: RunningStore, seen: Seen) -> None:
        """Take the service down, see what works, and bring it back."""
        row = TABLE[self.service]
        async with store.client() as client:
            visitor = Visitor(client, seen)
            await visitor.enter()
            async with _DOWN[self.way](store, self.service):
                for what in row.works:
                    await getattr(visitor, what)()
                answer = await visitor.try_to_complete()
                _check_completion(answer, completes=row.completes)
            await ServeApi(store).all_run()
            await visitor.buy()


def _check_completion(answer: httpx.Response, *, completes: bool) -> None:
    told = f"{answer.status_code} {answer.text}"
    if completes:
        assert answer.status_code == 200, told
        assert answer.json()["status"] == "completed", told
    else:
        assert answer.status_code == 503, told
        assert answer.headers["Retry-After"], told


@asynccontextmanager
async def _removed(store: RunningStore, service: str) -> AsyncIterator[None]:
    api = ServeApi(store)
    whole = await api.declared()
    await api.declare(without(whole, service))
    try:
        yield
    finally:
        await api.declare(whole)


@asynccontextmanager
async def _killed(store: RunningStore, service: str) -> AsyncIterator[None]:
    async with _on_sight(store, service, psutil.Process.kill):
        yield


@asynccontextmanager
async def _hanging(store: RunningStore, service: str) -> AsyncIterator[None]:
    try:
        async with _on_sight(store, service, psutil.Process.suspend):
            yield
    finally:
        _each(store, service, psutil.Process.resume)


@asynccontextmanager
async def _on_sight(
    store: RunningStore, service: str, do: Callable[[psutil.Process], None]
) -> AsyncIterator[None]:
    """Do this to every replica of the service that there is or comes to be."""

    async def watch() -> None:
        while True:
            _each(store, service, do)
            await asyncio.sleep(EVERY_SECONDS)

    _each(store, service, do)
    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _each(store: RunningStore, service: str, do: Callable[[psutil.Process], None]) -> None:
    for process in processes(store, replica(service)):
        with suppress(psutil.NoSuchProcess):
            do(process)


_DOWN: Mapping[Way, Callable[[RunningStore, str], AbstractAsyncContextManager[None]]] = {
    "removed": _removed,
    "killed again and again": _killed,
    "hanging": _hanging,
}
WAYS = tuple(_DOWN)
