"""All faults in random order, again and again until the time is over: `make faults MINUTES=30`.

`FAULTS_MINUTES` says how long, and `FAULTS_SEED` repeats an order. `FAULTS_ONLY=killed` leaves out
faults whose names do not contain that. `FAULTS_TABLE` names a file for the table.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Iterator

import pytest

from tests.faults.damage import Fault
from tests.faults.every import kills, outages, stalls
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore

MINUTES = float(os.environ.get("FAULTS_MINUTES") or 30)
ONLY = os.environ.get("FAULTS_ONLY") or ""
SEED = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000))


def in_random_order(order: random.Random) -> Iterator[Fault]:
    """Every fault once, then every fault once more, and so on."""
    while True:
        every = [fault for fault in (*kills(), *stalls(), *outages()) if ONLY in fault.name]
        assert every, f"no fault's name contains {ONLY!r}"
        order.shuffle(every)
        yield from every


async def test_nothing_is_lost_whatever_happens(
    store: RunningStore, outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    order, last = random.Random(SEED), time.monotonic() + MINUTES * 60
    with capsys.disabled():
        print(f"\nFAULTS_SEED={SEED}, for {MINUTES:g} minutes")
        for fault in in_random_order(order):
            if time.monotonic() > last:
                break
            outcomes.append(await one(store, fault, order.randrange(1_000_000)))


async def one(store: RunningStore, fault: Fault, seed: int) -> Outcome:
    began = time.monotonic()
    print(fault.name, end=" ... ", flush=True)
    outcome = await endure(store, fault, seed)
    print(f"{time.monotonic() - began:.1f} s")
    return outcome
