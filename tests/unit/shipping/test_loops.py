"""Shipments that are due are asked for a batch at a time, until there are no more."""

from __future__ import annotations

import pytest

from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.shipping.contract import Advanced, ShippingApi
from deployments.shipping.loops import BATCH, shipment_tracking


class Due:
    """A shipping of which only `advance` is reached, through the seam."""

    def __init__(self, due: int) -> None:
        self.left = due

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        spec = methods_of(ShippingApi)["advance"]
        if method != spec.name or seconds <= 0:
            raise DependencyUnavailable("shipping", "not there")
        limit: int = spec.request.validate_json(body).limit
        count = min(limit, self.left)
        self.left -= count
        return "ok", spec.answer.dump_json(Advanced(count=count))


@pytest.mark.parametrize("due", [0, 1, BATCH - 1, BATCH, 2 * BATCH + 1])
async def test_all_that_is_due_is_looked_at_before_the_loop_pauses(due: int) -> None:
    shipping = Due(due)
    tick = shipment_tracking(client_of(ShippingApi, shipping)).tick
    ticks = 1
    while await tick():
        ticks += 1
    assert shipping.left == 0
    assert ticks == due // BATCH + 1
