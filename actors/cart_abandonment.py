"""Announces carts that nobody has changed or bought for a while.

Two may run at once: `CartsApi.announce_abandoned` announces each cart once, whoever calls.
"""

from __future__ import annotations

import ray

from actors.loop import Loop, LoopActor, Tick
from deployments.carts.contract import AnnounceAbandoned, CartsApi
from deployments.foundation.handles import connect

BATCH = 100


def announcing(carts: CartsApi, seconds: int) -> Tick:
    """A tick that announces what was left, a batch at a time; a full batch asks for another."""

    async def tick() -> bool:
        request = AnnounceAbandoned(seconds=seconds, limit=BATCH)
        return (await carts.announce_abandoned(request)).count == BATCH

    return tick


@ray.remote
class CartAbandonment(LoopActor):
    """The loop of carts' application that announces abandoned carts.

    A cart is left when it has not changed for `seconds`.
    """

    def __init__(self, every: float = 10.0, seconds: int = 3600) -> None:
        tick = announcing(connect(CartsApi, app="carts"), seconds)
        super().__init__(Loop("cart_abandonment", tick, every=every))
