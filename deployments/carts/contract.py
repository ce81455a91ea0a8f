"""What carts shows the other services: a cart's contents, for the platform that owns it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, Field
from ucp_sdk.models.schemas.shopping.types.buyer_create_request import BuyerCreateRequest
from ucp_sdk.models.schemas.shopping.types.context_create_request import ContextCreateRequest

from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import WHOLE, Cents, Currency, Message
from deployments.pricing.contract import Priced

MAX_ID_LENGTH = 255
MAX_QUANTITY = 10_000
MAX_LINES = 100
MAX_CODES = 10


class WantedLine(Message):
    """An item id and a quantity as a client sends them; `id` only where the client keeps a line."""

    id: str | None = None
    item_id: str
    quantity: int = Field(ge=1)


class CartContents(Message):
    """All that a client may set. `context` and `buyer` are UCP's objects, checked at the edge."""

    lines: tuple[WantedLine, ...]
    codes: tuple[str, ...] = ()
    buyer: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class _Item(Message):
    id: str = Field(min_length=1, max_length=MAX_ID_LENGTH)


class _LineItem(Message):
    id: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    item: _Item
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True), WHOLE]


class _Discounts(Message):
    codes: tuple[Annotated[str, Field(max_length=MAX_ID_LENGTH)], ...] = Field(
        default=(), max_length=MAX_CODES
    )


class ContentsBody(Message):
    """The part of a request body that carts and checkouts share, as UCP spells it.

    Whatever a client says of titles and prices is ignored: the catalogue knows them.
    """

    line_items: tuple[_LineItem, ...] = Field(min_length=1, max_length=MAX_LINES)
    discounts: _Discounts = _Discounts()
    buyer: BuyerCreateRequest | None = None
    context: ContextCreateRequest | None = None

    def contents(self) -> CartContents:
        """The body as the contract's message."""
        return CartContents(
            lines=tuple(
                WantedLine(id=line.id, item_id=line.item.id, quantity=line.quantity)
                for line in self.line_items
            ),
            codes=self.discounts.codes,
            buyer=_plain(self.buyer),
            context=_plain(self.context),
        )


def _plain(part: BaseModel | None) -> dict[str, Any] | None:
    return None if part is None else part.model_dump(mode="json", exclude_none=True)


class CartLine(Message):
    """A line with what the catalogue says of its item; its money is in `Cart.priced`."""

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int
    weight_grams: int | None = None

    def to_wanted(self) -> WantedLine:
        """What a client would send to have this line again."""
        return WantedLine(id=self.id, item_id=self.sku, quantity=self.quantity)


class Cart(Message):
    """A cart at one version, with estimated money and what is the matter with it."""

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

    code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class NothingToBuy(Rejection):
    """None of the lines names anything that the store sells. `notices` says so line by line."""

    notices: tuple[Notice, ...]
    code: ClassVar[str] = "item_unavailable"


class CartsApi(Protocol):
    """Carts' contract. Writes reject with `KeyReused`; a replace also with `StaleVersion`."""

    async def create(self, request: CreateCart) -> Cart:
        """A new cart at version 1. Rejects with `NothingToBuy` if no line has a known item."""
        ...

    @repeatable
    async def get(self, request: GetCart) -> Cart:
        """The cart as it was last priced. Rejects with `CartNotFound`."""
        ...

    async def replace(self, request: ReplaceCart) -> Cart:
        """All contents anew, at the next version. Rejects with `CartNotFound`."""
        ...

    async def cancel(self, request: CancelCart) -> Cart:
        """The cart as it was; it is gone afterwards. Rejects with `CartNotFound`."""
        ...

    async def publish_abandoned(self, request: PublishAbandoned) -> AbandonedPublished:
        """Publish what was left, each cart once since its last change, whoever asks."""
        ...
