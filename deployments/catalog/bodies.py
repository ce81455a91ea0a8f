"""Request bodies of the catalogue's routes, as UCP spells them. Unknown fields are ignored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from deployments.catalog.contract import OptionValue
from deployments.catalog.domain.options import Selection
from deployments.catalog.domain.products import Filters
from deployments.foundation.values.message import WHOLE, Message
from deployments.foundation.values.money import STORE_CURRENCY

MAX_PAGE = 50
MAX_IDS = 100
_MAX_TEXT = 1000
_MAX_ENTRIES = 50

_Text = Annotated[str, Field(max_length=_MAX_TEXT)]
_Amount = Annotated[int, Field(ge=0, strict=True), WHOLE]


class _Price(Message):
    min: _Amount | None = None
    max: _Amount | None = None


class _Filters(Message):
    categories: tuple[_Text, ...] = Field(default=(), max_length=_MAX_ENTRIES)
    price: _Price | None = None


class _Context(Message):
    currency: _Text | None = None


class _Pagination(Message):
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, strict=True), WHOLE] = 10


class _Narrowing(Message):
    """What every operation of the catalogue takes."""

    filters: _Filters | None = None
    context: _Context | None = None

    @property
    def currency(self) -> str:
        """What a price filter is denominated in; the store's currency unless it says otherwise."""
        named = self.context.currency if self.context else None
        return named.upper() if named else STORE_CURRENCY

    @property
    def ignores_price(self) -> bool:
        """Whether there is a price filter in a currency that the store cannot convert."""
        return self._price is not None and self.currency != STORE_CURRENCY

    @property
    def _price(self) -> _Price | None:
        price = self.filters.price if self.filters else None
        return None if price is None or (price.min is None and price.max is None) else price

    def narrowed(self) -> Filters:
        """The filters that apply."""
        price = None if self.ignores_price else self._price
        return Filters(
            categories=self.filters.categories if self.filters else (),
            min_price=price.min if price else None,
            max_price=price.max if price else None,
        )


class SearchBody(_Narrowing):
    """`search_request` of `catalog_search.json`."""

    query: _Text | None = None
    pagination: _Pagination = _Pagination()

    @property
    def words(self) -> str | None:
        """What is searched for; a query of blanks is none."""
        return (self.query or "").strip() or None

    @property
    def asks_nothing(self) -> bool:
        """Whether there is neither a query nor any filter that the store knows."""
        categories = self.filters.categories if self.filters else ()
        return self.words is None and not categories and self._price is None

    @property
    def limit(self) -> int:
        """The page size, no larger than the store's."""
        return min(self.pagination.limit, MAX_PAGE)


class LookupBody(_Narrowing):
    """`lookup_request` of `catalog_lookup.json`."""

    ids: tuple[str, ...] = Field(min_length=1)


class _Selected(Message):
    name: _Text
    label: _Text


class ProductBody(_Narrowing):
    """`get_product_request` of `catalog_lookup.json`."""

    id: str
    selected: tuple[_Selected, ...] = Field(default=(), max_length=_MAX_ENTRIES)
    preferences: tuple[_Text, ...] = Field(default=(), max_length=_MAX_ENTRIES)

    @field_validator("selected")
    @classmethod
    def _once(cls, selected: tuple[_Selected, ...]) -> tuple[_Selected, ...]:
        """UCP (catalog lookup, "Option Selection"): each name at most once."""
        names = [option.name.casefold() for option in selected]
        if len(set(names)) < len(names):
            raise ValueError("each option name may appear once only")
        return selected

    def selection(self) -> Selection:
        """The selected options as the contract's values."""
        return tuple(OptionValue(name=each.name, label=each.label) for each in self.selected)
