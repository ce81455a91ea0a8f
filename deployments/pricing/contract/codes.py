"""Discount codes: what staff define, see and change, and a preview of what they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Cents, Message
from deployments.pricing.contract.groups import GroupId, Groups
from deployments.pricing.contract.prices import PriceRequest

MAX_CODES_KEPT = 10_000
"""Every replica holds all codes; one of them takes about 500 bytes in Redis, 3 KB in a replica."""
_ALL = 100
MAX_SKUS = 1000
MAX_CATEGORIES = 50
MAX_PAGE = 200
Percent = Annotated[str, StringConstraints(max_length=10, pattern=r"^[0-9]{1,3}([.][0-9]{1,4})?$")]
"""A percentage as a decimal string ("12.5")."""
CodeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Sku = Annotated[str, StringConstraints(max_length=255)]
Category = Annotated[str, StringConstraints(max_length=1000)]
Count = Annotated[int, Field(ge=1, le=10**9)]
CodeKind = Literal["percent", "amount", "free_shipping", "buy_get"]
CodeState = Literal["active", "planned", "over", "used_up", "disabled"]
"""Whether a code can be used now, and if not, why."""


def fold(code: str) -> str:
    """The spelling under which a code is kept and compared: buyers write it in any case."""
    return code.strip().casefold()


class Scope(Message):
    """Which lines something is about: those of these SKUs and categories; all if it names none.

    A category is named by its path ("Bikes > Road Bikes") or its own name.
    """

    skus: frozenset[Sku] = Field(default=frozenset(), max_length=MAX_SKUS)
    categories: frozenset[Category] = Field(default=frozenset(), max_length=MAX_CATEGORIES)


class BuyGet(Message):
    """For every `buy` units of the code's lines, `get` further units at `percent` off.

    The cheapest units are those that are got: of `gets`, or, if that is none, of the code's own
    lines. `gets` and the code's lines have nothing in common.
    """

    buy: int = Field(ge=1, le=1000)
    get: int = Field(ge=1, le=1000)
    percent: Percent = "100"
    gets: Scope | None = None


class DiscountCode(Message):
    """A code that takes a percentage off its lines, an amount off them, or the shipping off.

    `max_redemptions` and `per_customer` none is no limit. It holds from `starts` to the end of the
    day of `ends`. It combines with other codes that take something off lines if all of them are
    `combinable`; one that takes the shipping off goes with any. `minimum_subtotal` and
    `minimum_quantity` count the lines that it is about. `buy_get` is for that kind of code alone.
    It is for the members of one of `groups`, or for everybody if it names none.
    """

    code: CodeText
    title: Annotated[str, StringConstraints(max_length=255)]
    kind: CodeKind
    percent: Percent = "0"
    amount: Cents = Field(default=0, le=10**10)
    starts: datetime
    ends: datetime
    minimum_subtotal: Cents = 0
    minimum_quantity: int = Field(default=0, ge=0, le=10**9)
    max_redemptions: Count | None = None
    per_customer: Count | None = None
    scope: Scope = Scope()
    buy_get: BuyGet | None = None
    groups: Groups = frozenset()
    combinable: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _takes_something_off(self) -> Self:
        if self.kind == "buy_get" and self.buy_get is None:
            raise ValueError("say what is bought, and what is got for it")
        return self


class CodeDocument(Message):
    """A code as staff see it: at one revision, and how often it was redeemed."""

    code: DiscountCode
    revision: int
    redeemed: int
    state: CodeState = "active"


class GetCode(Message):
    """A code, in any case."""

    code: CodeText


class SaveCode(Message):
    """A code as it shall be. `revision` is the one that was seen; none makes a new code."""

    author: Author
    reason: Reason = ""
    code: DiscountCode
    revision: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _takes_no_more_than_all(self) -> Self:
        got = self.code.buy_get.percent if self.code.buy_get else "0"
        if max(Decimal(self.code.percent), Decimal(got)) > _ALL:
            raise ValueError(f"a percentage is at most {_ALL}")
        return self


class ListCodes(Message):
    """A page of the codes in which `text` occurs, in the code or its title; none are all."""

    text: Annotated[str, StringConstraints(max_length=255)] = ""
    enabled: bool | None = None
    kind: CodeKind | None = None
    state: CodeState | None = None
    cursor: int = Field(default=0, ge=0)
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class CodePage(Message):
    """Codes by name; `cursor` is none on the last page."""

    codes: tuple[CodeDocument, ...]
    total: int
    cursor: int | None = None


class PreviewPrice(Message):
    """A cart to price as of a moment, none being now; with a code that nobody has saved yet.

    `group` prices it for a member of that group, whatever the request's platform.
    """

    request: PriceRequest
    at: AwareDatetime | None = None
    draft: DiscountCode | None = None
    group: GroupId | None = None


@dataclass(eq=False)
class UnknownCode(Rejection):
    """There is no such code."""

    unknown: str
    code: ClassVar[str] = "pricing.unknown_code"
    public_code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class StaleRevision(Rejection):
    """Somebody changed the code meanwhile; `current` is what it is now. Nothing was changed."""

    current: CodeDocument
    code: ClassVar[str] = "pricing.stale_revision"


@dataclass(eq=False)
class LimitTooLow(Rejection):
    """A code was redeemed more often already than it shall be at most."""

    redeemed: int
    code: ClassVar[str] = "pricing.limit_too_low"


@dataclass(eq=False)
class TooManyCodes(Rejection):
    """There are as many codes as there may be."""

    limit: int
    code: ClassVar[str] = "pricing.too_many_codes"
