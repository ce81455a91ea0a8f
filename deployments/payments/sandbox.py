"""The sandbox provider: the token says what happens, and no money moves.

`success_token` pays, `fraud_token` is refused for risk, and `fail_token` is declined, as is
anything else. It behaves as a provider outside the store would: it keeps books of its own, in
which a key takes effect once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from deployments.payments.contract import CARD, SANDBOX_HANDLER, TOKEN, Instrument
from deployments.payments.domain.charges import Charge, Hold, Outcome, Verdict
from deployments.payments.sandbox_books import SandboxBooks

_VERDICTS: Mapping[str, Outcome] = {"success_token": "held", "fraud_token": "refused_for_risk"}


class SandboxProvider:
    """Implements `PaymentProvider` upon its books."""

    handler_id = SANDBOX_HANDLER

    def __init__(self, books: SandboxBooks) -> None:
        self._books = books

    def accepts(self, instrument: Instrument) -> bool:
        """Cards with a token."""
        return instrument.type == CARD and instrument.credential_type == TOKEN

    async def authorise(self, charge: Charge) -> Verdict:
        """What the token says, or what was said first under this key."""
        token = charge.instrument.token.get_secret_value()
        outcome = _VERDICTS.get(token, "declined")
        said = await self._books.authorise(charge.key, charge.amount, charge.currency, outcome)
        return Verdict(said, _reference(charge.key))

    async def look_up(self, key: str) -> Verdict | None:
        """What the books say."""
        said = await self._books.outcome(key)
        return None if said is None else Verdict(said, _reference(key))

    async def capture(self, key: str, hold: Hold) -> None:
        """Take the hold's amount, once."""
        await self._books.capture(key, hold.key, hold.amount)

    async def void(self, key: str, hold: Hold) -> None:
        """Let the hold go; one that never arrived is refused in advance."""
        await self._books.void(key, hold.key)

    async def refund(self, key: str, hold: Hold, amount: int) -> None:
        """Give an amount back."""
        await self._books.refund(key, hold.key, amount)


def _reference(key: str) -> str:
    return f"sandbox_{hashlib.sha256(key.encode()).hexdigest()[:24]}"
