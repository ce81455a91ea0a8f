"""What an operator watches of mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.spans import Span
from deployments.notifications.store import SERVICE


class MailMetrics:
    """Mails, by how handing them over ended; and those that are being handed over here."""

    def __init__(self, meter: Meter = UNMEASURED) -> None:
        self._mails = meter.counter(
            "fieldhouse_mails_total",
            "Mails that were sent, failed to be, or need not be.",
            ("outcome",),
        )
        self._gauge = meter.gauge(
            "fieldhouse_mails_under_way", "Mails that this process is handing over."
        )
        self._under_way = 0

    @contextmanager
    def handing_over(self) -> Iterator[None]:
        """A mail is handed over meanwhile."""
        self._move(1)
        outcome = "failed"
        with Span(SERVICE, "send mail", "client") as span:
            try:
                yield
                outcome = "sent"
            except Exception as why:
                span.fail(type(why).__name__)
                raise
            finally:
                self._move(-1)
                self._mails.inc(outcome)

    def skipped(self) -> None:
        """A mail need not be sent."""
        self._mails.inc("skipped")

    def _move(self, by: int) -> None:
        self._under_way += by
        self._gauge.set(self._under_way)
