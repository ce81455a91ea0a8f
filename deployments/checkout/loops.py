"""What checkout does again and again: ending the checkouts that a crash interrupted."""

from __future__ import annotations

from deployments.checkout.contract import CheckoutApi, RecoverSagas
from deployments.foundation.events.loop import Loop

BATCH = 20
EVERY_SECONDS = 1.0


def saga_recovery(checkout: CheckoutApi, *, every: float = EVERY_SECONDS) -> Loop:
    """Drives sagas whose driver is gone. Each is taken over under a new fencing number.

    A full batch asks for another tick at once, unless none of it came to an end: what all of them
    need is away then.
    """

    async def tick() -> bool:
        recovered = await checkout.recover(RecoverSagas(limit=BATCH))
        return recovered.claimed == BATCH and recovered.ended > 0

    return Loop("saga_recovery", tick, every=every)
