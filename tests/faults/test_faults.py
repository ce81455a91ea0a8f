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
from tests.placements import Placement

pytestmark = pytest.mark.long

SAGA = ("checkout", "inventory", "payments", "orders")


def short(placement: Placement) -> list[Fault]:
    """Whatever the configuration places where, each part of it fails once."""
    saga = list(dict.fromkeys(placement.host_of(service) for service in SAGA))
    others = [name for name in replicas(placement) if name not in saga]
    return [
        *(killed(placement, name) for name in saga),
        InTurn("each other application killed", [killed(placement, name) for name in others]),
        *(killed(placement, name) for name in actors(placement)),
        VALKEY_KILLED,
        HAPROXY_KILLED,
        ControllerKilled(),
        valkey_stalls(6),
        late(placement, placement.host_of("payments")),
        InTurn("refused by payments and inventory", [CardsDeclined(), ShelvesEmpty()]),
        Denied("orders"),
    ]


@pytest.mark.on_ray
@pytest.mark.each("fault", short)
async def test_nothing_is_lost_and_nothing_sold_twice(
    store: RunningStore, fault: Fault, outcomes: list[Outcome]
) -> None:
    outcomes.append(outcome := await endure(store, fault, seed=len(outcomes)))
    if outcome.failure is not None:
        raise outcome.failure
