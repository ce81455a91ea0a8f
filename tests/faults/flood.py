"""The back office is asked for more than it answers, by whoever it does not know."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from tests.conditions import until
from tests.faults.tried_store import TriedStore

_AT_ONCE = 240
"""More than its replicas work at and have waiting (`serve_config.yaml`)."""
_ANSWERS = 600
"""How many show that the flood is at its height."""
_FILE = b"product_id,title,sku,price\r\n" + b"x,y,z,1\r\n" * 30_000
_FORM = {"email": "nobody@example.org", "password": "a guess at a password"}


@asynccontextmanager
async def flooded(store: TriedStore, application: str) -> AsyncIterator[None]:
    """It is asked all the time, by more at once than it has room for."""
    answers, over = Counter[int](), asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with store.client() as known:
        url = known.base_url
    async with (
        httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client,
        asyncio.TaskGroup() as flood,
    ):
        for number in range(_AT_ONCE):
            flood.create_task(_ask(client, number, answers, over))
        try:
            await until(
                lambda: answers.total() > _ANSWERS, f"{application} is flooded", tell=store.tell
            )
            yield
        finally:
            # Whoever is cancelled while he connects leaves a connection that nobody closes.
            over.set()
    assert 500 not in answers, answers


async def _ask(
    client: httpx.AsyncClient, number: int, answers: Counter[int], over: asyncio.Event
) -> None:
    """Ask one thing after another: files without a token, a token that is none, guesses."""
    while not over.is_set():
        with suppress(httpx.TransportError):
            answers[(await _once(client, number)).status_code] += 1
        number += 1


async def _once(client: httpx.AsyncClient, number: int) -> httpx.Response:
    match number % 4:
        case 0:
            file = {"file": ("a.csv", _FILE, "text/csv")}
            return await client.post("/admin/api/imports/products", files=file)
        case 1:
            guess = {"Authorization": f"Bearer {number}"}
            return await client.get("/admin/api/products", headers=guess)
        case 2:
            return await client.post("/admin/sign-in", data=_FORM)
    return await client.get("/admin/sign-in")
