"""The faults that matter most, one at a time, under a steady load of purchases.

`make faults` injects all of them, again and again.
"""

from __future__ import annotations

import pytest

from tests.faults.damage import VALKEY, Fault, Killed, Suspended, replica
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore

SHORT: tuple[Fault, ...] = (
    Killed("checkout killed", replica("checkout")),
    Killed("payments killed", replica("payments")),
    Killed("inventory killed", replica("inventory")),
    Killed("orders killed", replica("orders")),
    Killed("saga_recovery killed", "ray::SagaRecovery"),
    Killed("Valkey killed", VALKEY),
    Suspended("Valkey stalls for 6 s", VALKEY, 6.0),
    Suspended("payments suspended for 8 s", replica("payments"), 8.0),
)


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
async def test_nothing_is_lost_and_nothing_sold_twice(
    store: RunningStore, fault: Fault, outcomes: list[Outcome]
) -> None:
    outcomes.append(await endure(store, fault, seed=len(outcomes)))
