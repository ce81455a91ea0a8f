"""Some rows of the isolation table on the real stack; `make faults` tries all, in every way."""

from __future__ import annotations

import pytest

from deployments.topology import BY_NAME
from tests.faults.outages import TABLE, Outage, broken_index, flood, outage
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore
from tests.placements import Placement

pytestmark = pytest.mark.long


def short(placement: Placement) -> list[Outage]:
    """One application in each way, the index, and the back office, down and flooded."""
    return [
        outage(placement, "payments", "removed"),
        outage(placement, "orders", "killed again and again"),
        outage(placement, "inventory", "hanging"),
        broken_index(placement),
        outage(placement, "backoffice", "killed again and again"),
        *filter(None, [flood(placement)]),
    ]


def test_every_service_has_a_row() -> None:
    assert TABLE.keys() == BY_NAME.keys()


@pytest.mark.placed("apart")
@pytest.mark.each("down", short)
async def test_a_service_that_is_down_takes_only_what_needs_it(
    store: RunningStore, down: Outage, outcomes: list[Outcome]
) -> None:
    outcomes.append(outcome := await endure(store, down, seed=len(outcomes)))
    if outcome.failure is not None:
        raise outcome.failure
