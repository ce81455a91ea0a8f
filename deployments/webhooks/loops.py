"""What webhooks does again and again: delivering what is due, and counting what waits."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.foundation.events.loop import Loop
from deployments.webhooks.dispatcher import Dispatcher
from deployments.webhooks.metrics import DeliveryMetrics
from deployments.webhooks.store import WebhooksStore

_TICK_EVERY_SECONDS, _MEASURE_EVERY_SECONDS = 1.0, 5.0


def delivering(
    dispatcher: Dispatcher, store: WebhooksStore, metrics: DeliveryMetrics
) -> Sequence[Loop]:
    """Delivers as deliveries fall due, and shows the totals."""

    async def show_totals() -> bool:
        metrics.show(await store.totals())
        return False

    return [
        Loop(
            "webhooks' deliveries",
            dispatcher.tick,
            every=_TICK_EVERY_SECONDS,
            sleep=dispatcher.rest,
        ),
        Loop("webhooks' totals", show_totals, every=_MEASURE_EVERY_SECONDS),
    ]
