"""Crowds at the running store: many who want the same at the same moment, over HTTP."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import pytest

from deployments.foundation.values.clock import utc_now
from deployments.inventory.contract import StockRow
from deployments.inventory.store import InventoryStore
from deployments.pricing.contract import DiscountCode, ImportRules
from deployments.pricing.store import PricingStore
from tests.faults.books import Ledgers, agree, ledgers_of
from tests.faults.buyers import contents_of, plentiful
from tests.faults.careful import Careful, Seen, reason
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Json, payment, total

pytestmark = pytest.mark.long_on_ray

T = TypeVar("T")
WANTED = "PA-T100"
BUYERS, UNITS = 500, 100
CODE, CODE_BUYERS, REDEMPTIONS = "TENTIMES", 100, 10
ROUNDS, HANDS = 8, 4
ALWAYS = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture
async def ledgers(store: RunningStore) -> AsyncIterator[Ledgers]:
    """The books of a store in which nothing is under way."""
    async with ledgers_of(store) as ledgers:
        await ledgers.settled()
        yield ledgers


@pytest.fixture
async def crowd(store: RunningStore) -> AsyncIterator[httpx.AsyncClient]:
    """A client with as many connections as it likes."""
    async with store.client() as one:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(
            base_url=one.base_url, headers=one.headers, timeout=60, limits=limits
        ) as client:
            yield client


@asynccontextmanager
async def all_agrees(ledgers: Ledgers) -> AsyncIterator[Seen]:
    """What clients see meanwhile is what the store has in the end, and nothing is wrong with it."""
    before, seen = await ledgers.holdings(), Seen()
    yield seen
    await ledgers.settled()
    await ledgers.consumed()
    await agree(ledgers, before, seen)
    assert await ledgers.discrepancies() == []


async def opened(client: Careful, count: int, sku: str, codes: Iterable[str] = ()) -> list[Json]:
    """So many sessions for one unit each, all of them ready to be completed."""
    contents = contents_of([(sku, 1)], list(codes))
    asked = (client.ask("POST", "/checkout-sessions", contents) for _ in range(count))
    sessions = await asyncio.gather(*asked)
    client.seen.sessions |= {session["id"] for session in sessions}
    assert {session["status"] for session in sessions} == {"ready_for_complete"}
    return sessions


async def timed(doing: Awaitable[T], took: list[float]) -> T:
    began = time.monotonic()
    done = await doing
    took.append(time.monotonic() - began)
    return done


async def pay_at_once(client: Careful, sessions: Iterable[Json]) -> tuple[list[Json], list[float]]:
    """All sessions after an attempt to pay, and how many seconds each of them took, in order."""
    took: list[float] = []
    paid = await asyncio.gather(
        *(timed(client.complete(one, payment(one, "success_token")), took) for one in sessions)
    )
    return paid, sorted(took)


async def put_on_the_shelf(inventory: InventoryStore, sku: str, units: int) -> None:
    """Receive what is missing to have exactly so many."""
    missing = units - (await inventory.available([sku]))[sku]
    assert missing >= 0
    row = StockRow(sku=sku, location_id=1, location_name="Main", quantity=missing)
    if missing:
        await inventory.receive(f"crowd {uuid.uuid4()}", [row], now=utc_now())


async def test_five_hundred_buyers_of_a_hundred_units(
    ledgers: Ledgers, crowd: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = InventoryStore(ledgers.books.redis_of("inventory"))
    await put_on_the_shelf(inventory, WANTED, UNITS)
    async with all_agrees(ledgers) as seen:
        client = Careful(crowd, seen)
        sessions = await opened(client, BUYERS, WANTED)
        began = time.monotonic()
        outcomes, took = await pay_at_once(client, sessions)
        elapsed = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{BUYERS} buyers of {UNITS} units at once: {elapsed:.1f} s for all of them,", end=""
        )
        print(f" {took[BUYERS // 2]:.1f} s a buyer (the slowest {took[-1]:.1f}),", end="")
        print(f" {elapsed / BUYERS:.3f} s from one to the next; tried again: {dict(seen.failures)}")
    assert Counter(outcome["status"] for outcome in outcomes) == {
        "completed": UNITS,
        "incomplete": BUYERS - UNITS,
    }
    assert seen.rejections == {"out_of_stock": BUYERS - UNITS}
    assert (await inventory.available([WANTED]))[WANTED] == 0
    assert await ledgers.books.inventory.check() == ()


async def test_a_hundred_buyers_with_a_code_for_ten(
    ledgers: Ledgers, crowd: httpx.AsyncClient
) -> None:
    starts, ends = ALWAYS
    code = DiscountCode(
        code=CODE,
        title="For the first ten",
        kind="percent",
        percent="20",
        starts=starts,
        ends=ends,
        max_redemptions=REDEMPTIONS,
    )
    pricing = PricingStore(ledgers.books.redis_of("pricing"))
    await pricing.import_rules(ImportRules(batch=CODE, codes=(code,)))
    async with all_agrees(ledgers) as seen:
        client = Careful(crowd, seen)
        sessions = await opened(client, CODE_BUYERS, plentiful()[0], [CODE])
        assert all(total(session, "items_discount") < 0 for session in sessions)
        outcomes, _ = await pay_at_once(client, sessions)
        refused = [outcome for outcome in outcomes if outcome["status"] != "completed"]
        assert len(refused) == CODE_BUYERS - REDEMPTIONS
        assert {reason(outcome) for outcome in refused} == {"discount_code_expired"}
        # Who was too late may still buy at the full price.
        contents = contents_of([(plentiful()[0], 1)])
        path = f"/checkout-sessions/{refused[0]['id']}"
        session = await client.ask("PUT", path, contents)
        assert total(session, "items_discount") == 0
        bought = await client.complete(session, payment(session, "success_token"))
        assert bought["status"] == "completed"
    (record,) = (await ledgers.books.pricing.records([CODE.casefold()])).values()
    assert (record.redeemed, record.standing) == (REDEMPTIONS, REDEMPTIONS)


async def test_completed_replaced_and_cancelled_at_the_same_moment(
    ledgers: Ledgers, crowd: httpx.AsyncClient
) -> None:
    sku = plentiful()[0]
    ends = Counter[str]()
    async with all_agrees(ledgers) as seen:
        for session in await opened(Careful(crowd, seen), ROUNDS, sku):
            ends[await fought_over(crowd, session, contents_of([(sku, 2)]), seen)] += 1
    assert ends.keys() <= {"completed", "canceled"}, ends


async def fought_over(client: httpx.AsyncClient, session: Json, contents: Json, seen: Seen) -> str:
    """What becomes of a session when everybody wants something else of it; what it was is seen."""
    path = f"/checkout-sessions/{session['id']}"
    body = payment(session, "success_token")

    def ask(method: str, where: str, body: Json) -> Awaitable[httpx.Response]:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return client.request(method, where, json=body, headers=headers)

    answers = await asyncio.gather(
        *(ask("POST", f"{path}/complete", body) for _ in range(HANDS)),
        *(ask("PUT", path, contents) for _ in range(HANDS)),
        *(ask("POST", f"{path}/cancel", {}) for _ in range(HANDS)),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    left: Json = (await client.get(path)).json()
    status = str(left["status"])
    orders = {a.json()["order"]["id"] for a in answers if a.json().get("order")}
    if status == "completed":
        assert orders <= {left["order"]["id"]}
        seen.bought(left)
    else:
        assert orders == set()
    return status
