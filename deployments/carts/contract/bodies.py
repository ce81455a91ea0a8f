"""The bodies of requests about contents, as UCP spells them: what carts and checkouts share.

Whatever a client says of titles and prices is ignored: the catalogue knows them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.foundation.values.message import WHOLE, Message
from deployments.foundation.values.text import BLANK_IS_NONE, Country, Email, Text

MAX_ID_LENGTH = 255
MAX_QUANTITY = 10_000
MAX_LINES = 100
MAX_CODES = 10
MAX_CLAIMS = 20
MAX_INTENT = 1000
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]
_REVERSE_DOMAIN = r"^[a-z][a-z0-9]*(?:\.[a-z][a-z0-9_]*)+$"
_Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_ID_LENGTH)]
_Claim = Annotated[str, StringConstraints(max_length=MAX_ID_LENGTH, pattern=_REVERSE_DOMAIN)]


def _once(claims: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(claims)) < len(claims):
        raise ValueError("each claim may appear once only")
    return claims


_Claims = Annotated[
    tuple[_Claim, ...],
    Field(max_length=MAX_CLAIMS, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_once),
]


class _Item(Message):
    id: Id


class _LineItem(Message):
    id: Id | None = None
    item: _Item
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True), WHOLE]


class _Discounts(Message):
    codes: tuple[_Code, ...] = Field(default=(), max_length=MAX_CODES)


class BuyerBody(Message):
    """UCP's buyer (`types/buyer.json`)."""

    first_name: Text | None = None
    last_name: Text | None = None
    email: Annotated[Email | None, BLANK_IS_NONE] = None
    phone_number: Text | None = None


class BuyerContext(Message):
    """UCP's context (`types/context.json`): what the platform knows of where the buyer is."""

    address_country: Annotated[Country | None, BLANK_IS_NONE] = None
    address_region: Text | None = None
    postal_code: Text | None = None
    intent: Annotated[str, Field(max_length=MAX_INTENT)] | None = None
    language: Text | None = None
    currency: Text | None = None
    eligibility: _Claims | None = None


class ContentsBody(Message):
    """A whole cart, or the part of a checkout that is like a cart.

    An update names its resource again in `id`: UCP asks for it, and the path says it already.
    """

    id: Id | None = None
    line_items: tuple[_LineItem, ...] = Field(min_length=1, max_length=MAX_LINES)
    discounts: _Discounts = _Discounts()
    buyer: BuyerBody | None = None
    context: BuyerContext | None = None

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
