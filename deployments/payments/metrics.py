"""What an operator watches of payments."""

from __future__ import annotations

from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.payments.domain.charges import Outcome


class PaymentMetrics:
    """Authorisations that a provider has answered."""

    def __init__(self, meter: Meter = UNMEASURED) -> None:
        self._authorisations = meter.counter(
            "fieldhouse_authorisations_total",
            "Authorisations that the provider answered, by outcome.",
            ("outcome",),
        )

    def authorised(self, outcome: Outcome) -> None:
        """The provider answered so."""
        self._authorisations.inc(outcome)
