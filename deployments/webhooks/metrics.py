"""What an operator watches of deliveries."""

from __future__ import annotations

from deployments.foundation.values.meter import Meter
from deployments.webhooks.domain import DeliveryOutcome
from deployments.webhooks.store import WebhookTotals

_DELAYS = (0.1, 0.3, 1.0, 3.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)


class DeliveryMetrics:
    """Deliveries, by outcome and delay. Every process shows the state of all endpoints."""

    def __init__(self, meter: Meter) -> None:
        self._attempts = meter.counter(
            "fieldhouse_webhook_attempts_total", "Attempts, by outcome.", ("outcome",)
        )
        self._delay = meter.histogram(
            "fieldhouse_webhook_delay_seconds",
            "From an order's change to its delivery.",
            _DELAYS,
        )
        self._waiting = meter.gauge("fieldhouse_webhooks_waiting", "Deliveries to be made.")
        self._failing = meter.gauge("fieldhouse_webhooks_failing", "Endpoints that fail.")
        self._dead = meter.gauge("fieldhouse_webhooks_dead", "Deliveries that were given up.")

    def attempted(self, outcome: DeliveryOutcome, seconds: float) -> None:
        """An attempt ended so, so many seconds after the event."""
        self._attempts.inc(outcome.verdict)
        if outcome.verdict == "sent":
            self._delay.observe(seconds)

    def show(self, totals: WebhookTotals) -> None:
        """The present state."""
        self._waiting.set(totals.waiting)
        self._failing.set(totals.failing)
        self._dead.set(totals.dead)
