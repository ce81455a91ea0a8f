"""One trial of the store: a fault under a steady load of purchases, and the books afterwards."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.faults.books import Ledgers, agree, ledgers_of
from tests.faults.buyers import buyers
from tests.faults.careful import Seen, SeenCounts
from tests.faults.damage import Fault, more_orders
from tests.faults.serve_api import ServeApi
from tests.faults.tried_store import TriedStore

ORDERS_BEFORE, ORDERS_AFTER = 8, 12
"""How many orders show that the load is steady, and that the store has recovered."""
COMPLETIONS = 3
"""How many should be under way when the fault strikes."""
_LOOKS, _LOOK_SECONDS = 2000, 0.002


@dataclass
class Outcome:
    """What came of one trial, counted from the fault on.

    In seconds: `repaired` until all parts were there again; at most, `standstill` from one order to
    the next and `slowest` from a request's first try to its answer; `settled` from the last answer
    until every saga had ended, `consumed` from there until every event had been consumed.

    `failure` is what was wrong with the store, if anything was, and `discrepancies` what the audit
    found, be it new or not.
    """

    fault: str
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    rejections: int = 0
    repaired: float = 0.0
    standstill: float = 0.0
    slowest: float = 0.0
    settled: float = 0.0
    consumed: float = 0.0
    discrepancies: tuple[str, ...] = ()
    failure: Exception | None = None

    def count(self, before: SeenCounts, seen: Seen) -> None:
        """Take what clients have seen since the fault."""
        now = seen.tally()
        self.requests = now.requests - before.requests
        self.failures = now.failures - before.failures
        self.orders = now.orders - before.orders
        self.rejections = now.rejections - before.rejections
        self.standstill, self.slowest = seen.standstill, seen.slowest


async def endure(
    store: TriedStore, fault: Fault, seed: int, known: Collection[str] = ()
) -> Outcome:
    """Let buyers shop, strike, wait until they can shop again, and check the books.

    The outcome is a failure when the store does not recover, loses or invents anything, or breaks
    under the strain. Discrepancies that are `known` from an earlier trial are not held against it.
    """
    outcome = Outcome(f"{store.placement.name}: {fault.name}")
    try:
        async with ledgers_of(store) as ledgers:
            await _endure(ledgers, fault, seed, known, outcome)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is what came of the trial.
        failure.add_note(f"The fault: {fault.name}. The buyers' seed: {seed}.")
        outcome.failure = failure
    return outcome


async def recovered(store: TriedStore) -> None:
    """Wait until the store is whole, after a trial that failed."""
    await ServeApi(store).all_run()
    async with ledgers_of(store) as ledgers:
        await ledgers.settled()


async def _endure(
    ledgers: Ledgers, fault: Fault, seed: int, known: Collection[str], outcome: Outcome
) -> None:
    await ledgers.settled()
    before, seen = await ledgers.holdings(), Seen()
    await _shop(ledgers.store, fault, seed, seen, outcome)
    outcome.settled = await ledgers.settled()
    outcome.consumed = await ledgers.consumed()
    await agree(ledgers, before, seen)
    await _shown(ledgers.store, seen)
    outcome.discrepancies = tuple(await ledgers.discrepancies())
    assert set(outcome.discrepancies) <= set(known), outcome.discrepancies


async def _shop(store: TriedStore, fault: Fault, seed: int, seen: Seen, outcome: Outcome) -> None:
    """Let buyers shop before, during and after the fault."""
    before = seen.tally()
    try:
        async with buyers(store, seen, seed):
            await more_orders(store, seen, ORDERS_BEFORE)
            await _in_the_midst(seen)
            before, began = seen.tally(), time.monotonic()
            await fault.strike(store, seen)
            outcome.repaired = time.monotonic() - began
            await more_orders(store, seen, ORDERS_AFTER)
    finally:
        outcome.count(before, seen)


async def _in_the_midst(seen: Seen) -> None:
    """Wait for a moment when several completions are under way; a fast store may have few."""
    for _ in range(_LOOKS):
        if seen.completing >= COMPLETIONS:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _shown(store: TriedStore, seen: Seen) -> None:
    """Every acknowledged order can be read, with the totals that were agreed."""
    async with store.client() as client:
        for id_, session in seen.orders.items():
            answer = await client.get(f"/orders/{id_}")
            assert answer.status_code == 200, f"{id_}: {answer.status_code} {answer.text}"
            assert answer.json()["totals"] == session["totals"]
