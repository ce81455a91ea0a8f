"""Some rows of the isolation table on the real stack; `make faults` tries all, in every way."""

from __future__ import annotations

import pytest

from tests.faults.declared import services
from tests.faults.outages import TABLE, Outage, broken_index, outage
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore

SHORT = (
    outage("payments", "removed"),
    outage("orders", "killed again and again"),
    outage("inventory", "hanging"),
    outage("notifications", "hanging"),
    broken_index(),
)


def test_every_service_has_a_row_but_the_one_that_all_need() -> None:
    assert {*services()} - {"datastore"} <= TABLE.keys()


@pytest.mark.parametrize("down", SHORT, ids=lambda down: down.name)
async def test_a_service_that_is_down_takes_only_what_needs_it(
    store: RunningStore, down: Outage, outcomes: list[Outcome]
) -> None:
    outcomes.append(outcome := await endure(store, down, seed=len(outcomes)))
    if outcome.failure is not None:
        raise outcome.failure
