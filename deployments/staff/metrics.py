"""What an operator watches of signing in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.meter import Meter


class SignInMetrics:
    """Counts attempts by what became of them: many that are wrong or slowed down are guesses."""

    def __init__(self, meter: Meter) -> None:
        self._sign_ins = meter.counter(
            "fieldhouse_sign_ins_total", "Attempts of staff to sign in.", ("outcome",)
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One attempt: `done`, or what it was rejected with."""
        try:
            yield
        except Rejection as no:
            self._sign_ins.inc(no.public_code)
            raise
        self._sign_ins.inc("done")
