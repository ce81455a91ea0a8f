"""The faults that matter most, under a steady load of purchases.

What takes part in every purchase is broken alone; the rest one after another, and the books are
looked at when all of them are done. `make faults` injects all faults alone, again and again.
"""

from __future__ import annotations

import pytest

from tests.faults.damage import ControllerKilled, Fault, InTurn
from tests.faults.declared import actors, replicas
from tests.faults.every import HAPROXY_KILLED, VALKEY_KILLED, killed, late, valkey_stalls
from tests.faults.refusing import CardsDeclined, Denied, ShelvesEmpty
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore

SAGA = ("checkout", "inventory", "payments", "orders")
EMBEDDED = "EmbeddedRedis"
OTHERS = [name for name in replicas() if name not in SAGA]
ACTORS = [name for name in actors() if name != EMBEDDED]

SHORT: tuple[Fault, ...] = (
    *(killed(name) for name in SAGA),
    InTurn("each other deployment killed in turn", [killed(name) for name in OTHERS]),
    InTurn("each actor killed in turn", [killed(name) for name in ACTORS]),
    killed(EMBEDDED),
    VALKEY_KILLED,
    HAPROXY_KILLED,
    ControllerKilled(),
    valkey_stalls(6),
    late("payments"),
    InTurn("refused by payments and inventory", [CardsDeclined(), ShelvesEmpty()]),
    Denied("orders"),
)


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
async def test_nothing_is_lost_and_nothing_sold_twice(
    store: RunningStore, fault: Fault, outcomes: list[Outcome]
) -> None:
    outcomes.append(outcome := await endure(store, fault, seed=len(outcomes)))
    if outcome.failure is not None:
        raise outcome.failure
