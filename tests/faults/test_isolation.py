"""Two rows of the isolation table on the real stack; `make faults` tries all, in every way."""

from __future__ import annotations

import pytest

from tests.faults.outages import Outage
from tests.faults.trials import Outcome, endure
from tests.integration.running_store import RunningStore


@pytest.mark.parametrize("service", ["payments", "orders"])
async def test_a_service_that_is_removed_takes_nothing_else_with_it(
    store: RunningStore, service: str, outcomes: list[Outcome]
) -> None:
    outcomes.append(await endure(store, Outage(service, "removed"), seed=len(outcomes)))
