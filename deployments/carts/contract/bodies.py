"""The bodies of requests about contents, as UCP spells them: what carts and checkouts share.

Whatever a client says of titles and prices is ignored: the catalogue knows them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints
from ucp_sdk.models.schemas.shopping.types.buyer_create_request import BuyerCreateRequest
from ucp_sdk.models.schemas.shopping.types.context_create_request import ContextCreateRequest

from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.foundation.values.message import WHOLE, Message

MAX_ID_LENGTH = 255
MAX_QUANTITY = 10_000
MAX_LINES = 100
MAX_CODES = 10
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]


class _Item(Message):
    id: Id


class _LineItem(Message):
    id: Id | None = None
    item: _Item
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True), WHOLE]


class _Discounts(Message):
    codes: tuple[Annotated[str, Field(max_length=MAX_ID_LENGTH)], ...] = Field(
        default=(), max_length=MAX_CODES
    )


class ContentsBody(Message):
    """A whole cart, or the part of a checkout that is like a cart.

    An update names its resource again in `id`: UCP asks for it, and the path says it already.
    """

    id: Id | None = None
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
