"""Finishes or undoes every checkout that a crash interrupted.

Two may run at once: a saga is taken over under a new fencing number, which only one driver holds.
"""

from __future__ import annotations

import ray

from deployments.checkout.contract import CheckoutApi, RecoverSagas
from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.rpc.handles import connect

BATCH = 20
_CALL_SECONDS = 20.0
"""More than a saga may take to drive, so that a slow one is not cut off half way."""


def recovering(checkout: CheckoutApi) -> Tick:
    """A tick that drives sagas whose driver is gone.

    A full batch asks for another tick at once, unless none of it came to an end: what all of them
    need is away then.
    """

    async def tick() -> bool:
        recovered = await checkout.recover(RecoverSagas(limit=BATCH))
        return recovered.claimed == BATCH and recovered.ended > 0

    return tick


@ray.remote
class SagaRecovery(LoopActor):
    """The loop of checkout's application that looks for interrupted sagas."""

    def __init__(self, every: float = 1.0) -> None:
        tick = recovering(connect(CheckoutApi, app="checkout", seconds=_CALL_SECONDS))
        super().__init__(Loop("saga_recovery", tick, every=every))
