"""What carts shows the other services: a cart's contents, for the platform that owns it.

`contents` has what is true of the contents of carts and of checkouts alike, `bodies` how a client
sends them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import Field

from deployments.carts.contract.contents import CartContents, CartLine
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Currency, Message
from deployments.pricing.contract import Priced


class Cart(Message):
    """A cart at one version, with estimated money and what is the matter with it.

    `order_id` is the order that it became: then it is closed.
    """

    id: str
    platform: str
    version: int
    lines: tuple[CartLine, ...]
    codes: tuple[str, ...]
    buyer: dict[str, Any] | None
    context: dict[str, Any] | None
    currency: Currency
    priced: Priced
    notices: tuple[Notice, ...]
    expires_at: datetime
    order_id: str | None = None


class CreateCart(Message):
    """A new cart for a platform."""

    platform: str
    contents: CartContents
    request: RequestKey = RequestKey()


class GetCart(Message):
    """A cart's id, and the platform that asks."""

    cart_id: str
    platform: str


class ReplaceCart(Message):
    """New contents for a cart; `expected_version` none takes whatever version it has."""

    cart_id: str
    platform: str
    contents: CartContents
    expected_version: int | None = None
    request: RequestKey = RequestKey()


class CancelCart(Message):
    """The end of a cart."""

    cart_id: str
    platform: str
    request: RequestKey = RequestKey()


class PublishAbandoned(Message):
    """Publish carts that nobody changed for `seconds`, `limit` of them at most."""

    seconds: int = Field(default=3600, ge=1)
    limit: int = Field(default=100, ge=1, le=1000)


class AbandonedPublished(Message):
    """How many carts were due; as many as the limit when there may be more."""

    count: int


@dataclass(eq=False)
class CartNotFound(Rejection):
    """There is no such cart, it expired or was cancelled, or it is another platform's."""

    code: ClassVar[str] = "carts.not_found"


@dataclass(eq=False)
class CartBought(Rejection):
    """The cart became an order: it cannot be changed, and is not bought again."""

    order_id: str
    code: ClassVar[str] = "carts.already_bought"


def cart_bought(order_id: str) -> CartBought:
    """The rejection with its sentence."""
    return CartBought(f"This cart became order {order_id}. Start a new cart.", order_id=order_id)


class CartsApi(Protocol):
    """Carts' contract. Writes reject with `KeyReused`; a replace also with `StaleVersion`."""

    async def create(self, request: CreateCart) -> Cart:
        """A new cart at version 1.

        Rejects with `NothingToBuy` if no line has a known item, with `MixedCurrencies`, and with
        `LimitReached` if the platform has as many carts as it may.
        """
        ...

    @repeatable
    async def get(self, request: GetCart) -> Cart:
        """The cart as it was last priced. Rejects with `CartNotFound`."""
        ...

    async def replace(self, request: ReplaceCart) -> Cart:
        """All contents anew, at the next version.

        Rejects with `CartNotFound`, `CartBought`, `NothingToBuy` and `MixedCurrencies`.
        """
        ...

    async def cancel(self, request: CancelCart) -> Cart:
        """The cart as it was; it is gone afterwards.

        Rejects with `CartNotFound` and `CartBought`.
        """
        ...

    async def publish_abandoned(self, request: PublishAbandoned) -> AbandonedPublished:
        """Publish what was left, each cart once since its last change, whoever asks."""
        ...
