"""A payment and its states.

    authorising -> authorised -> capturing -> captured (and then refunded, in parts if need be)
         |             |
         +------+------+-> voiding -> voided
                |
                +-> declined

`begin.lua` decides which transition is allowed, in the moment in which it writes it down.
"""

from __future__ import annotations

from typing import Literal

from deployments.foundation.values.message import Message
from deployments.payments.contract import PaymentStatus
from deployments.payments.domain.charges import Hold, Outcome

Say = Literal["call", "again", "nothing", "undone", "impossible"]


class Payment(Message):
    """A payment as it stands; amounts in minor units. `refunding` is not confirmed yet."""

    checkout_id: str
    handler_id: str
    amount: int
    currency: str
    status: PaymentStatus
    authorised_by: str
    reference: str | None = None
    captured: int = 0
    refunding: int = 0
    refunded: int = 0

    @property
    def hold(self) -> Hold:
        """The payment as its provider knows it."""
        return Hold(self.authorised_by, self.amount, self.currency, self.reference)


class StepReply(Message):
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
