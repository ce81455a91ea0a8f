"""What a provider is asked for and answers: charges, verdicts and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployments.payments.contract import Instrument

Outcome = Literal["held", "declined", "refused_for_risk", "voided"]
"""What became of an authorisation; `voided` when it was undone before it arrived."""


@dataclass(frozen=True)
class Charge:
    """An amount to hold, in minor units, under the provider's idempotency key."""

    key: str
    amount: int
    currency: str
    instrument: Instrument


@dataclass(frozen=True)
class Verdict:
    """The provider's answer to a charge, and the provider's own name for it."""

    outcome: Outcome
    reference: str


@dataclass(frozen=True)
class Hold:
    """An authorisation by the key it was asked for under.

    `reference` is none when the provider's answer never came.
    """

    key: str
    amount: int
    currency: str
    reference: str | None
