"""The form of a discount code: what is typed, and the code that it says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from deployments.backoffice.language import Language, NotAnAmountError, message
from deployments.foundation.values.money import STORE_CURRENCY
from deployments.pricing.contract.codes import (
    MAX_CATEGORIES,
    MAX_SKUS,
    BuyGet,
    CodeKind,
    DiscountCode,
    Scope,
)
from deployments.pricing.contract.groups import MAX_GROUPS, GroupId

_LONGEST_LIST = 40_000
_LONGEST_SKU, _LONGEST_CATEGORY = 255, 1000


def _language(info: ValidationInfo) -> Language:
    return info.context["language"]  # type: ignore[no-any-return,index]


def _cents(typed: object, info: ValidationInfo) -> object:
    if not isinstance(typed, str):
        return typed
    try:
        return _language(info).minor_units(typed, STORE_CURRENCY)
    except NotAnAmountError:
        raise ValueError("Type an amount of money.") from None


def _percentage(typed: object, info: ValidationInfo) -> object:
    if not isinstance(typed, str):
        return typed
    try:
        return _language(info).percentage(typed)
    except NotAnAmountError:
        raise ValueError("Type a percentage from 0 to 100.") from None


TypedMoney = Annotated[int | None, BeforeValidator(_cents)]
"""An amount in the reader's own way of writing, in cents."""
TypedPercent = Annotated[str | None, BeforeValidator(_percentage)]
"""A percentage in the reader's own way of writing, as a decimal string."""
Listed = Annotated[str, StringConstraints(max_length=_LONGEST_LIST)]
"""Names, each on a line of its own or between commas."""


def listed(typed: str, *, commas: bool = True) -> tuple[str, ...]:
    """The names of a list, each once."""
    parts = re.split(r"[\n,;]" if commas else r"\n", typed)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


class CodeForm(BaseModel):
    """What the form holds, whether the code is new or not. A day is the whole day, in UTC."""

    model_config = ConfigDict(hide_input_in_errors=True, validate_default=True)
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    kind: CodeKind
    percent: TypedPercent = None
    amount: TypedMoney = None
    buy: Annotated[int | None, Field(ge=1, le=1000)] = None
    get: Annotated[int | None, Field(ge=1, le=1000)] = None
    got_percent: TypedPercent = None
    got_skus: Listed = ""
    got_categories: Listed = ""
    starts: date
    ends: date
    minimum_subtotal: TypedMoney = None
    minimum_quantity: Annotated[int | None, Field(ge=0, le=10**9)] = None
    max_redemptions: Annotated[int | None, Field(ge=1, le=10**9)] = None
    per_customer: Annotated[int | None, Field(ge=1, le=10**9)] = None
    skus: Listed = ""
    categories: Listed = ""
    groups: Annotated[tuple[GroupId, ...], Field(max_length=MAX_GROUPS)] = ()
    combinable: bool = False
    enabled: bool = False
    revision: int | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    @field_validator("percent")
    @classmethod
    def _percent_is_said(cls, percent: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("kind") == "percent" and percent in {None, "0"}:
            raise ValueError("Say how many per cent.")
        return percent

    @field_validator("amount")
    @classmethod
    def _amount_is_said(cls, amount: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("kind") == "amount" and not amount:
            raise ValueError("Say how much.")
        return amount

    @field_validator("buy", "get")
    @classmethod
    def _units_are_said(cls, units: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("kind") == "buy_get" and units is None:
            raise ValueError("Say how many units.")
        return units

    @field_validator("ends")
    @classmethod
    def _ends_after_it_starts(cls, ends: date, info: ValidationInfo) -> date:
        starts = info.data.get("starts")
        if starts is not None and ends < starts:
            raise ValueError("It would end before it starts.")
        return ends

    @field_validator("skus", "got_skus")
    @classmethod
    def _not_too_many_skus(cls, typed: str) -> str:
        if len(listed(typed)) > MAX_SKUS or any(len(one) > _LONGEST_SKU for one in listed(typed)):
            raise ValueError("These are too many SKUs, or one is too long. Name a category.")
        return typed

    @field_validator("categories", "got_categories")
    @classmethod
    def _not_too_many_categories(cls, typed: str) -> str:
        if len(listed(typed)) > MAX_CATEGORIES or any(
            len(one) > _LONGEST_CATEGORY for one in listed(typed)
        ):
            raise ValueError("These are too many categories. Name a wider one.")
        return typed

    def code_as_typed(self, before: DiscountCode | None) -> DiscountCode:
        """The code; a moment of the same day as before stays the moment that it was."""
        return DiscountCode(
            code=self.name,
            title=self.title,
            kind=self.kind,
            percent=(self.percent or "0") if self.kind == "percent" else "0",
            amount=(self.amount or 0) if self.kind == "amount" else 0,
            starts=_moment(self.starts, before.starts if before else None),
            ends=_moment(self.ends, before.ends if before else None),
            minimum_subtotal=self.minimum_subtotal or 0,
            minimum_quantity=self.minimum_quantity or 0,
            max_redemptions=self.max_redemptions,
            per_customer=self.per_customer,
            scope=_scope(self.skus, self.categories),
            buy_get=self._bargain() if self.kind == "buy_get" else None,
            groups=frozenset(self.groups),
            combinable=self.combinable,
            enabled=self.enabled,
        )

    def _bargain(self) -> BuyGet:
        gets = _scope(self.got_skus, self.got_categories)
        return BuyGet(
            buy=self.buy or 1,
            get=self.get or 1,
            percent=self.got_percent or "100",
            gets=gets if gets.skus or gets.categories else None,
        )


def _scope(skus: str, categories: str) -> Scope:
    return Scope(skus=frozenset(listed(skus)), categories=frozenset(listed(categories)))


def _moment(day: date, before: datetime | None) -> datetime:
    if before is not None and before.date() == day:
        return before
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def lines_of(names: Iterable[str]) -> str:
    """A list as its field shows it."""
    return "\n".join(sorted(names))


KIND_NAMES: dict[CodeKind, str] = {
    "percent": message("A percentage off"),
    "amount": message("An amount off"),
    "free_shipping": message("Free shipping"),
    "buy_get": message("Buy some, get some"),
}
