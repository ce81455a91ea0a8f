"""What payments says no with: from a payment's state, or from the provider's verdict."""

from __future__ import annotations

from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.payments.contract import (
    PaymentNotAuthorised,
    PaymentNotPossible,
    PaymentRefusedForRisk,
)
from deployments.payments.domain.charges import Outcome
from deployments.payments.domain.payments import Payment


def undone() -> StepUndone:
    """The rejection with its sentence."""
    return StepUndone("This payment was undone before it arrived. Start a new one.")


def not_possible(wanted: str, payment: Payment | None) -> PaymentNotPossible:
    """The rejection of a step that the payment's state or amount does not allow."""
    state = "unknown" if payment is None else payment.status
    return PaymentNotPossible(f"{wanted} is not possible: the payment is {state}.")


def taken() -> PaymentNotPossible:
    """The rejection of an authorisation under the id of another one."""
    return PaymentNotPossible("This payment id belongs to another attempt. Draw a new one.")


def rejection_of(outcome: Outcome | None) -> Rejection | None:
    """The rejection that the provider's verdict amounts to; none when the amount is held."""
    if outcome == "held":
        return None
    if outcome == "declined":
        return PaymentNotAuthorised("The payment was declined. Try another card.")
    if outcome == "refused_for_risk":
        return PaymentRefusedForRisk("The payment cannot be accepted. Use another way to pay.")
    return undone()
