"""One trial of the store: a fault under a steady load of purchases, and the books afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.faults.books import Holdings, Ledgers, agree, ledgers_of
from tests.faults.buyers import buyers
from tests.faults.careful import Seen
from tests.faults.conditions import until
from tests.faults.damage import Fault
from tests.integration.running_store import RunningStore

ORDERS_BEFORE, ORDERS_AFTER = 8, 12
"""How many orders show that the load is steady, and that the store has recovered."""
COMPLETIONS = 3
"""How many should be under way when the fault strikes."""
_LOOKS, _LOOK_SECONDS = 2000, 0.002


@dataclass(frozen=True)
class Outcome:
    """What came of one trial, from the fault on.

    In seconds, at most: `standstill` from one order to the next, `slowest` from a request's first
    try to its answer; and `settled` from the last answer until every saga had ended.
    """

    fault: str
    requests: int
    failures: Counter[str]
    orders: int
    refusals: int
    standstill: float
    slowest: float
    settled: float


async def endure(store: RunningStore, fault: Fault, seed: int) -> Outcome:
    """Let buyers shop, strike, wait until they can shop again, and check the books.

    Fails when the store does not recover, loses or invents anything, or breaks under the strain.
    """
    async with ledgers_of(store) as ledgers:
        await ledgers.settled()
        before = await ledgers.holdings()
        async with buyers(store, seed) as seen:
            await _more_orders(store, seen, ORDERS_BEFORE)
            await _in_the_midst(seen)
            requests, failures, orders = seen.requests, seen.failures.copy(), len(seen.orders)
            await fault.strike(store, seen)
            await _more_orders(store, seen, ORDERS_AFTER)
        settled = await ledgers.settled()
        await _judge(ledgers, before, seen)
    return Outcome(
        fault.name,
        seen.requests - requests,
        seen.failures - failures,
        len(seen.orders) - orders,
        seen.refusals.total(),
        seen.standstill,
        seen.slowest,
        settled,
    )


async def _more_orders(store: RunningStore, seen: Seen, count: int) -> None:
    enough = len(seen.orders) + count

    def tell() -> str:
        return f"{len(seen.orders)} of {enough} orders; {dict(seen.failures)}\n{store.tell()}"

    await until(lambda: len(seen.orders) >= enough, "buyers can buy", tell=tell)


async def _in_the_midst(seen: Seen) -> None:
    """Wait for a moment when several completions are under way; a fast store may have few."""
    for _ in range(_LOOKS):
        if seen.completing >= COMPLETIONS:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _judge(ledgers: Ledgers, before: Holdings, seen: Seen) -> None:
    await agree(ledgers, before, seen)
    await _shown(ledgers.store, seen)
    assert await ledgers.discrepancies() == []


async def _shown(store: RunningStore, seen: Seen) -> None:
    """Every acknowledged order can be read, with the totals that were agreed."""
    async with store.client() as client:
        for id_, session in seen.orders.items():
            answer = await client.get(f"/orders/{id_}")
            assert answer.status_code == 200, f"{id_}: {answer.status_code} {answer.text}"
            assert answer.json()["totals"] == session["totals"]
