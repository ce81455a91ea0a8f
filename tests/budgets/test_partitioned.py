"""What it costs that orders' keys are grouped by partition: no call and no round trip more."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from commands.bench.counts.counted_store import CountedStore
from deployments.orders.partitioning import OrdersPartitioning
from tests.budgets.budgets import REQUESTS
from tests.budgets.test_requests import beyond, told

LISTS_OF_A_PARTITION = 3
"""Its labels, orders by number and orders of a platform: an order may be its partition's first."""


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything reads the environment."""
    monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders")


@pytest.fixture(autouse=True)
async def grouped(said: None, admin: Redis) -> None:
    """An empty store is what the environment says."""
    await OrdersPartitioning(admin).run()


@pytest.mark.parametrize("row", ["complete", "order"])
async def test_a_journey_keeps_to_its_budget_but_for_lists(
    answering: CountedStore, row: str
) -> None:
    count, budget = await answering.count(row), REQUESTS[row]
    more = LISTS_OF_A_PARTITION
    allowed = budget._replace(keys=budget.keys + more, keys_for_good=budget.keys_for_good + more)
    assert not beyond(count, allowed), told(count)
