"""Payments' rules: a payment's states, and the rejections that follow from them.

    authorising -> authorised -> capturing -> captured (and then refunded, in parts if need be)
         |             |
         +------+------+-> voiding -> voided
                |
                +-> declined

Which transition is allowed is decided in `begin.lua`, in the moment in which it is written down.
"""

from __future__ import annotations

from typing import Literal

from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.foundation.values.message import Message
from deployments.payments.contract import (
    PaymentNotAuthorised,
    PaymentNotPossible,
    PaymentRefusedForRisk,
)
from deployments.payments.provider import Hold, Outcome

Status = Literal[
    "authorising", "authorised", "declined", "capturing", "captured", "voiding", "voided"
]
Say = Literal["call", "again", "nothing", "undone", "impossible"]


class Payment(Message):
    """A payment as it stands; amounts in minor units. `refunding` is not confirmed yet."""

    checkout_id: str
    handler_id: str
    amount: int
    currency: str
    status: Status
    authorised_by: str
    reference: str | None = None
    captured: int = 0
    refunding: int = 0
    refunded: int = 0

    @property
    def hold(self) -> Hold:
        """The payment as its provider knows it."""
        return Hold(self.authorised_by, self.amount, self.currency, self.reference)


class Reply(Message):
    """What a script says of a step: ask the provider, or what stands in the way.

    `again` repeats an `outcome` that is known, `nothing` says that there is nothing to undo.
    `amount` is what the step was first written down with.
    """

    say: Say
    outcome: Outcome | None = None
    payment: Payment | None = None
    amount: int | None = None

    @property
    def known(self) -> Payment:
        """The payment; every reply but those that no payment stands behind has one."""
        if self.payment is None:
            raise ValueError(f"a reply {self.say!r} without a payment")
        return self.payment


def void_key(authorise_key: str) -> str:
    """The key under which the provider is asked to undo an authorisation."""
    return f"{authorise_key}.void"


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
