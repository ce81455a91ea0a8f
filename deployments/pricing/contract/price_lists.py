"""Price lists: what customer groups, or all, pay, and from how many units on.

A list takes something off the catalogue's price by itself, as an automatic offer does: of all that
apply to a line, it has the one that is best for the buyer. A list never makes anything dearer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Cents, Message
from deployments.pricing.contract.codes import Category, Percent, Sku
from deployments.pricing.contract.groups import GroupId, Groups, RuleTitle

MAX_PRICE_LISTS = 20
MAX_ENTRIES = 1000
"""Every replica holds all entries; one takes about 60 bytes in Redis, 1 KB in a replica."""
_ALL = 100


class PriceEntry(Message):
    """From so many units on, a price in cents for each of a SKU, or a percentage off.

    A percentage may be of a SKU, of a category by its name or path, or, where both are none, of
    everything; where both are said, the SKU counts, as a price does before a percentage. The units
    of a SKU count over all lines.
    """

    sku: Sku | None = None
    category: Category | None = None
    at_least: int = Field(default=1, ge=1, le=10**6)
    price: Annotated[Cents, Field(le=10**10)] | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.price is None and self.percent is None:
            raise ValueError("say a price or a percentage")
        if self.price is not None and self.sku is None:
            raise ValueError("a price is of a SKU")
        if self.percent is not None and Decimal(self.percent) > _ALL:
            raise ValueError(f"a percentage is at most {_ALL}")
        return self


class PriceList(Message):
    """A list for the members of one of `groups`, or for everybody if it names none.

    It holds from `starts` to the end of the day of `ends`.
    """

    id: GroupId
    title: RuleTitle
    groups: Groups = frozenset()
    starts: datetime
    ends: datetime
    enabled: bool = True
    entries: tuple[PriceEntry, ...] = Field(default=(), max_length=MAX_ENTRIES)


class PriceListDocument(Message):
    """A list as staff see it, at one revision."""

    price_list: PriceList
    revision: int


class ListPriceLists(Message):
    """Nothing to say: all lists."""


class PriceLists(Message):
    """Every list, by id."""

    price_lists: tuple[PriceListDocument, ...]


class SavePriceList(Message):
    """A list as it shall be. `revision` is the one that was seen; none makes a new list."""

    author: Author
    reason: Reason = ""
    price_list: PriceList
    revision: Annotated[int, Field(ge=0)] | None = None


class RemovePriceList(Message):
    """A list that shall not be there any more, and the revision that was seen."""

    author: Author
    reason: Reason = ""
    id: GroupId
    revision: Annotated[int, Field(ge=0)]


class PriceListRemoved(Message):
    """The list that was removed; what was bought at its prices stays bought."""

    id: GroupId


class Offer(Message):
    """An automatic percentage off every covered line whose quantity is within bounds.

    It is for the members of one of `groups`, or for everybody if it names none. `percent` is a
    decimal string ("15"). The last day counts; `max_quantity` none is no bound.
    """

    id: int
    title: str
    percent: str
    starts: datetime
    ends: datetime
    min_quantity: int
    max_quantity: int | None
    skus: frozenset[str]
    groups: Groups = frozenset()


class ListOffers(Message):
    """Nothing to say: all offers."""


class OfferList(Message):
    """Every offer, by id."""

    offers: tuple[Offer, ...]
