"""All faults in random order, again and again until the time is over: `make faults MINUTES=30`, in
the placement of `CONFIG=serve_config.together.yaml`.

`FAULTS_ONLY=killed,hung` leaves out faults whose names contain none of these; `TrialSettings` has
the other variables.

A fault that the store does not endure does not keep the others from striking; the run fails when
it is over.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterator

import pytest

from tests.faults.damage import Fault
from tests.faults.every import faults
from tests.faults.trials import Outcome, endure, recovered
from tests.integration.running_store import RunningStore
from tests.placements import Placement
from tests.trial_settings import trial_settings

MINUTES = trial_settings().faults_minutes
TIMES = trial_settings().faults_times
ONLY = [part.strip() for part in trial_settings().faults_only.split(",")]
SEED = trial_settings().faults_seed


def in_random_order(placement: Placement, order: random.Random) -> Iterator[Fault]:
    """Every fault once, then every fault once more, and so on."""
    every = [fault for fault in faults(placement) if any(part in fault.name for part in ONLY)]
    assert every, f"no fault's name contains any of {ONLY}"
    for _ in range(TIMES):
        order.shuffle(every)
        yield from every


@pytest.mark.on_ray
async def test_nothing_is_lost_whatever_happens(
    store: RunningStore, outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    order, last = random.Random(SEED), time.monotonic() + MINUTES * 60
    with capsys.disabled():
        print(f"\nFAULTS_SEED={SEED}, for {MINUTES:g} minutes")
        for fault in in_random_order(store.placement, order):
            if time.monotonic() > last:
                break
            outcomes.append(await one(store, fault, order.randrange(1_000_000), outcomes))
            if outcomes[-1].failure is not None:
                await recovered(store)
    assert [outcome.fault for outcome in outcomes if outcome.failure is not None] == []


async def one(store: RunningStore, fault: Fault, seed: int, earlier: list[Outcome]) -> Outcome:
    began = time.monotonic()
    print(fault.name, end=" ... ", flush=True)
    known = {found for outcome in earlier for found in outcome.discrepancies}
    outcome = await endure(store, fault, seed, known)
    print(f"{time.monotonic() - began:.1f} s")
    if outcome.failure is not None:
        traceback.print_exception(outcome.failure)
    return outcome
