"""What payments publishes, each in the script that made it true. The subject is the payment."""

from __future__ import annotations

from typing import ClassVar, Literal

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.message import Cents, Currency


class PaymentEvent(Event):
    """What the events about a payment have in common. `amount` is what was to be paid."""

    subject: ClassVar[str] = "payment_id"
    payment_id: str
    checkout_id: str
    amount: Cents
    currency: Currency


class PaymentAuthorised(PaymentEvent):
    """The amount is held."""

    type: ClassVar[str] = "org.fieldhouse.payments.authorised.v1"


class PaymentDeclined(PaymentEvent):
    """The provider holds nothing; `voided` if the authorisation had been undone at its side."""

    type: ClassVar[str] = "org.fieldhouse.payments.declined.v1"
    reason: Literal["declined", "refused_for_risk", "voided"]


class PaymentCaptured(PaymentEvent):
    """The amount was taken."""

    type: ClassVar[str] = "org.fieldhouse.payments.captured.v1"


class PaymentVoided(PaymentEvent):
    """Nothing is held any more, whatever had become of the authorisation."""

    type: ClassVar[str] = "org.fieldhouse.payments.voided.v1"


class PaymentRefunded(PaymentEvent):
    """Money was given back: `refund` now, `refunded` with all refunds before. `change` says who
    decided upon it, if somebody did."""

    type: ClassVar[str] = "org.fieldhouse.payments.refunded.v1"
    refund: Cents
    refunded: Cents
    change: Change | None = None
