"""Lapsed holds are asked for a batch at a time, until there are no more."""

from __future__ import annotations

import pytest

from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.inventory.contract import InventoryApi, Released
from deployments.inventory.loops import BATCH, hold_expiry


class Lapsed:
    """An inventory of which only `release_expired` is reached, through the seam."""

    def __init__(self, lapsed: int) -> None:
        self.left = lapsed

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        spec = methods_of(InventoryApi)["release_expired"]
        if method != spec.name or seconds <= 0:
            raise DependencyUnavailable("inventory", "not there")
        limit: int = spec.request.validate_json(body).limit
        count = min(limit, self.left)
        self.left -= count
        return "ok", spec.answer.dump_json(Released(count=count))


@pytest.mark.parametrize("lapsed", [0, 1, BATCH - 1, BATCH, 2 * BATCH + 1])
async def test_all_that_lapsed_is_released_before_the_loop_pauses(lapsed: int) -> None:
    inventory = Lapsed(lapsed)
    tick = hold_expiry(client_of(InventoryApi, inventory)).tick
    ticks = 1
    while await tick():
        ticks += 1
    assert inventory.left == 0
    assert ticks == lapsed // BATCH + 1
