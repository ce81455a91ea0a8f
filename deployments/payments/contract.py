"""What payments shows the other services: money held, taken, let go and given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from pydantic import Field, SecretStr, field_serializer

from deployments.foundation.http.ucp import PaymentHandler
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Cents, Currency, Message, StepKey

SANDBOX_HANDLER = "org.fieldhouse.sandbox"
"""The sandbox's namespace, and the handler id that an instrument names."""
CARD = "card"
TOKEN = "token"  # noqa: S105 - the name of a credential type.


HANDLERS = (
    PaymentHandler(
        id=SANDBOX_HANDLER,
        specification="https://fieldhouse.org/specification/sandbox",
        environment="sandbox",
        instrument_types=(CARD,),
        credential_types=(TOKEN,),
    ),
)
"""The ways to pay that the profile and every checkout declare.

They name no schema: instruments and credentials are UCP's own card and token.
"""


class Instrument(Message):
    """What the buyer pays with. The token crosses to payments and is kept nowhere."""

    handler_id: str
    type: str
    credential_type: str
    token: SecretStr

    @field_serializer("token", when_used="json")
    def _reveal(self, token: SecretStr) -> str:
        return token.get_secret_value()


class AuthorisePayment(Message):
    """An amount to hold on an instrument for a checkout. Each try has a `payment_id` of its own.

    The amount may be 0: an order that discounts cover in full goes the same way.
    """

    key: StepKey
    payment_id: str
    checkout_id: str
    amount: Cents
    currency: Currency
    instrument: Instrument


class Authorisation(Message):
    """The amount is held."""

    payment_id: str
    amount: Cents


class PaymentStep(Message):
    """One step of a saga upon the payment it authorised."""

    key: StepKey
    payment_id: str


class UndoAuthorisation(Message):
    """Let the held amount go. `undoes` is the authorising step's key, which is tombstoned."""

    undoes: StepKey
    payment_id: str


class RefundPayment(Message):
    """Give back captured money, in parts if need be; `author` is who decided upon it, and why."""

    key: StepKey
    payment_id: str
    amount: int = Field(ge=1)
    author: Author | None = None
    reason: Reason = ""


class GetPayment(Message):
    """Asks how a payment stands."""

    payment_id: str


PaymentStatus = Literal[
    "authorising", "authorised", "declined", "capturing", "captured", "voiding", "voided"
]


class PaymentShown(Message):
    """How a payment stands; amounts in minor units. `refunding` is not confirmed yet."""

    payment_id: str
    status: PaymentStatus
    handler_id: str
    amount: Cents
    currency: Currency
    captured: Cents = 0
    refunding: Cents = 0
    refunded: Cents = 0

    @property
    def refundable(self) -> int:
        """What can still be given back."""
        return self.captured - self.refunding - self.refunded


class Settled(Message):
    """The step has taken effect, now or before."""


@dataclass(eq=False)
class PaymentNotAuthorised(Rejection):
    """The provider declined. Nothing is held; another instrument may do."""

    code: ClassVar[str] = "payments.declined"
    public_code: ClassVar[str] = "payment_failed"


@dataclass(eq=False)
class PaymentRefusedForRisk(Rejection):
    """The provider suspects fraud. Nothing is held."""

    code: ClassVar[str] = "payments.refused_for_risk"
    public_code: ClassVar[str] = "payment_failed"


@dataclass(eq=False)
class InstrumentNotSupported(Rejection):
    """No provider here takes this handler, instrument or credential type."""

    code: ClassVar[str] = "payments.instrument_not_supported"
    public_code: ClassVar[str] = "payment_failed"


@dataclass(eq=False)
class PaymentNotPossible(Rejection):
    """The payment is not in a state, or has not the amount, for what was asked."""

    code: ClassVar[str] = "payments.not_possible"
    public_code: ClassVar[str] = "payment_not_possible"


@dataclass(eq=False)
class PaymentNotFound(Rejection):
    """There is no such payment."""

    code: ClassVar[str] = "payments.not_found"


class PaymentsApi(Protocol):
    """Payments' contract. All steps are idempotent under their key."""

    @repeatable
    async def authorise(self, request: AuthorisePayment) -> Authorisation:
        """Hold the amount.

        Rejects with `PaymentNotAuthorised`, `PaymentRefusedForRisk`, `InstrumentNotSupported` or
        `StepUndone`, and with `PaymentNotPossible` when the `payment_id` is another step's.
        """
        ...

    @repeatable
    async def capture(self, request: PaymentStep) -> Settled:
        """Take what was authorised, once and in full. Rejects with `PaymentNotPossible`."""
        ...

    @repeatable
    async def void(self, request: UndoAuthorisation) -> Settled:
        """Undo `authorise`: let the amount go, and refuse the step if it arrives later.

        Rejects with `PaymentNotPossible` once the capture has begun: refund instead.
        """
        ...

    @repeatable
    async def refund(self, request: RefundPayment) -> Settled:
        """Give back up to what was captured. Rejects with `PaymentNotPossible`."""
        ...

    @repeatable
    async def payment(self, request: GetPayment) -> PaymentShown:
        """How a payment stands. Rejects with `PaymentNotFound`."""
        ...
