"""What checkout shows the other services: sessions, and finishing what a crash interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

from pydantic import Field

from deployments.carts.contract.contents import CartContents, CartLine
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Currency, Message
from deployments.orders.contract import PlacedOrder
from deployments.payments.contract import Instrument
from deployments.pricing.contract import Priced
from deployments.shipping.contract import ShippingOption

Status = Literal[
    "incomplete", "ready_for_complete", "complete_in_progress", "completed", "canceled"
]
"""UCP's checkout statuses; this store never needs `requires_escalation`."""


class DeliveryAddress(PostalAddress):
    """A destination of a session: an address under an id."""

    id: str


class WantedDelivery(Message):
    """What a client says of delivery: addresses, and which address and option it selects.

    A `destination_id` of none selects the first address.
    """

    destinations: tuple[DeliveryAddress, ...] = ()
    destination_id: str | None = None
    option_id: str | None = None


class SessionDelivery(Message):
    """The addresses, the selected one, how it can be delivered to, and the selected way."""

    destinations: tuple[DeliveryAddress, ...]
    destination_id: str | None = None
    country: str | None = None
    options: tuple[ShippingOption, ...] = ()
    option_id: str | None = None

    @property
    def destination(self) -> DeliveryAddress | None:
        """The selected address."""
        return next((place for place in self.destinations if place.id == self.destination_id), None)

    @property
    def option(self) -> ShippingOption | None:
        """The selected option."""
        return next((option for option in self.options if option.id == self.option_id), None)


class SessionContents(CartContents):
    """All that a client may set on a session."""

    delivery: WantedDelivery = WantedDelivery()


class Session(Message):
    """A checkout session at one version: what is bought, delivered where, for how much."""

    id: str
    platform: str
    version: int
    status: Status
    cart_id: str | None = None
    lines: tuple[CartLine, ...]
    codes: tuple[str, ...]
    buyer: dict[str, Any] | None
    context: dict[str, Any] | None
    currency: Currency
    delivery: SessionDelivery
    priced: Priced
    notices: tuple[Notice, ...]
    expires_at: datetime
    order: PlacedOrder | None = None

    @property
    def errors(self) -> tuple[Notice, ...]:
        """The messages that keep the session from being completed."""
        return tuple(notice for notice in self.notices if notice.type == "error")


class CreateSession(Message):
    """A new session, from a cart (whose contents then count) or from lines."""

    platform: str
    contents: SessionContents
    cart_id: str | None = None
    request: RequestKey = RequestKey()


class CreatedSession(Message):
    """The session; `created` is false when the cart already had one in progress."""

    session: Session
    created: bool


class GetSession(Message):
    """A session's id, and the platform that asks."""

    session_id: str
    platform: str


class ReplaceSession(Message):
    """New contents for a session; `expected_version` none takes whatever version it has."""

    session_id: str
    platform: str
    contents: SessionContents
    expected_version: int | None = None
    request: RequestKey = RequestKey()


class CompleteSession(Message):
    """Pay with this instrument, and place the order."""

    session_id: str
    platform: str
    instrument: Instrument
    expected_version: int | None = None
    request: RequestKey = RequestKey()


class CancelSession(Message):
    """The end of a session."""

    session_id: str
    platform: str
    request: RequestKey = RequestKey()


class RecoverSagas(Message):
    """Finish or undo sagas whose driver is gone, `limit` of them at most."""

    limit: int = Field(default=20, ge=1)


class Recovered(Message):
    """How many sagas were taken over, and how many of them reached an end."""

    claimed: int
    ended: int


@dataclass(eq=False)
class SessionNotFound(Rejection):
    """There is no such session, or it is another platform's."""

    code: ClassVar[str] = "checkout.not_found"


@dataclass(eq=False)
class SessionClosed(Rejection):
    """The session's status does not allow this: it is completed, cancelled or expired."""

    session: Session
    code: ClassVar[str] = "checkout.closed"
    public_code: ClassVar[str] = "invalid_state"


@dataclass(eq=False)
class SessionBusy(Rejection):
    """The session is being completed right now (409)."""

    code: ClassVar[str] = "checkout.complete_in_progress"


class CheckoutApi(Protocol):
    """Checkout's contract. Writes reject with `KeyReused`; those of an existing session also with
    `SessionNotFound`, `SessionClosed`, `SessionBusy` and, given a version, `StaleVersion`.
    """

    async def create(self, request: CreateSession) -> CreatedSession:
        """A new session, or the one that its cart has.

        Rejects with carts' `CartNotFound`, `CartBought`, `NothingToBuy`, `MixedCurrencies` and
        `LimitReached`.
        """
        ...

    @repeatable
    async def get(self, request: GetSession) -> Session:
        """The session as it was last quoted. Rejects with `SessionNotFound`."""
        ...

    async def replace(self, request: ReplaceSession) -> Session:
        """All contents anew, quoted again, at the next version.

        Rejects with carts' `NothingToBuy` and `MixedCurrencies`.
        """
        ...

    async def complete(self, request: CompleteSession) -> Session:
        """Place the order; a business "no" of a step is in the session's messages.

        Rejects with `StillRunning` while the same request is being worked on.
        """
        ...

    async def cancel(self, request: CancelSession) -> Session:
        """The session, cancelled."""
        ...

    async def recover(self, request: RecoverSagas) -> Recovered:
        """Drive interrupted sagas to their end."""
        ...
