"""Publishes carts that nobody has changed or bought for a while.

Two may run at once: `CartsApi.publish_abandoned` publishes each cart once, whoever calls.
"""

from __future__ import annotations

import ray

from deployments.carts.contract import CartsApi, PublishAbandoned
from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.rpc.handles import connect

BATCH = 100


def publishing(carts: CartsApi, seconds: int) -> Tick:
    """A tick that publishes what was left, a batch at a time; a full batch asks for another."""

    async def tick() -> bool:
        request = PublishAbandoned(seconds=seconds, limit=BATCH)
        return (await carts.publish_abandoned(request)).count == BATCH

    return tick


@ray.remote
class CartAbandonment(LoopActor):
    """The loop of carts' application that publishes abandoned carts.

    A cart is left when it has not changed for `seconds`.
    """

    def __init__(self, every: float = 10.0, seconds: int = 3600) -> None:
        tick = publishing(connect(CartsApi, app="carts"), seconds)
        super().__init__(Loop("cart_abandonment", tick, every=every))
