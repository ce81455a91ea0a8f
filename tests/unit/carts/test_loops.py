"""Carts that were left are asked for a batch at a time, until there are no more."""

from __future__ import annotations

import pytest

from deployments.carts.contract import AbandonedPublished, CartsApi
from deployments.carts.loops import BATCH, abandonment
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of


class CartsLeft:
    """Carts of which only `publish_abandoned` is reached, through the seam."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.seconds: set[int] = set()

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        spec = methods_of(CartsApi)["publish_abandoned"]
        if method != spec.name or seconds <= 0:
            raise DependencyUnavailable("carts", "not there")
        request = spec.request.validate_json(body)
        self.seconds.add(request.seconds)
        count = min(request.limit, self.left)
        self.left -= count
        return "ok", spec.answer.dump_json(AbandonedPublished(count=count))


@pytest.mark.parametrize("left", [0, 1, BATCH - 1, BATCH, 2 * BATCH + 1])
async def test_all_that_were_left_are_published_before_the_loop_pauses(left: int) -> None:
    carts = CartsLeft(left)
    tick = abandonment(client_of(CartsApi, carts), seconds=1800).tick
    ticks = 1
    while await tick():
        ticks += 1
    assert carts.left == 0
    assert carts.seconds == {1800}
    assert ticks == left // BATCH + 1
