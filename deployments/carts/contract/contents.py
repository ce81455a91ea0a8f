"""What carts and checkouts contain: the lines that a client wants, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from deployments.catalog.contract import ResolvedItems, Variant
from deployments.foundation.http.ucp import Notice, error, info, warning
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.ids import new_id
from deployments.foundation.values.message import Cents, Currency, Message, is_none
from deployments.inventory.contract.ahead import AheadKind, AwaitedUnits, SellableUnits
from deployments.pricing.contract import Priced, PriceLine

_NAMES: Mapping[AheadKind, str] = {"backorder": "on back-order", "preorder": "on pre-order"}


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


class CartLine(Message):
    """A line with what the catalogue says of its item; its money is in `Cart.priced`.

    `awaited` are those of its units that are not here yet, if some are not.
    """

    id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int
    weight_grams: int | None = None
    categories: tuple[str, ...] = ()
    awaited: AwaitedUnits | None = None
    image_path: str | None = Field(None, exclude_if=is_none)

    def to_wanted(self) -> WantedLine:
        """What a client would send to have this line again."""
        return WantedLine(id=self.id, item_id=self.sku, quantity=self.quantity)


@dataclass(eq=False)
class NothingToBuy(Rejection):
    """None of the lines names anything that the store sells. `notices` says so line by line."""

    notices: tuple[Notice, ...]
    code: ClassVar[str] = "carts.nothing_to_buy"
    public_code: ClassVar[str] = "item_unavailable"


@dataclass(eq=False)
class MixedCurrencies(Rejection):
    """The items are not all priced in one currency, so that they have no total."""

    code: ClassVar[str] = "carts.mixed_currencies"


def currency_of(items: Iterable[Variant]) -> Currency:
    """The one currency in which the items are priced. Rejects with `MixedCurrencies`."""
    currencies = sorted({item.currency for item in items})
    if len(currencies) > 1:
        sentence = f"These items are priced in {' and '.join(currencies)}. Buy them separately."
        raise MixedCurrencies(sentence)
    return currencies[0]


def new_line_id() -> str:
    """An id that no line has had."""
    return new_id("li")


def lines_of(
    wanted: Sequence[WantedLine],
    resolved: ResolvedItems,
    kept: Collection[str],
    fresh_id: Callable[[], str] = new_line_id,
) -> tuple[tuple[CartLine, ...], tuple[Notice, ...]]:
    """The lines that can be bought, and an error for each that cannot, at its place in the request.

    A line keeps the id that the client sends if it is one of `kept`, which the store gave before,
    and no earlier line of the request took it; any other line gets a fresh one. Rejects with
    `NothingToBuy` when no line is left.
    """
    why = resolved.unavailable(line.item_id for line in wanted)
    unavailable = unavailable_notices([line.item_id for line in wanted], why)
    if len(unavailable) == len(wanted):
        dead_end = tuple(n.model_copy(update={"severity": "unrecoverable"}) for n in unavailable)
        raise NothingToBuy("None of these items is sold here.", notices=dead_end)
    free = set(kept)
    lines = []
    for line in wanted:
        if (item := resolved.items.get(line.item_id)) is not None:
            line_id = line.id if line.id in free else None
            free.discard(line_id or "")
            lines.append(_line(line_id or fresh_id(), item, line.quantity))
    return tuple(lines), unavailable


def _line(line_id: str, item: Variant, quantity: int) -> CartLine:
    return CartLine(
        id=line_id,
        sku=item.sku,
        title=item.title,
        unit_price=item.price,
        quantity=quantity,
        weight_grams=item.weight_grams,
        categories=item.categories,
        image_path=item.image_path,
    )


def unavailable_notices(ids: Sequence[str], why: Mapping[str, str]) -> tuple[Notice, ...]:
    """UCP's `item_unavailable` for lines whose items cannot be bought; `ids` has those of all."""
    return tuple(
        error(
            "item_unavailable",
            f"{why[id_]} Remove it, or look it up in the catalogue.",
            path=f"$.line_items[{index}]",
            severity="recoverable",
        )
        for index, id_ in enumerate(ids)
        if id_ in why
    )


def units_of(lines: Sequence[CartLine]) -> Counter[str]:
    """The units of each SKU, all lines together."""
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    return units


def with_stock(
    lines: Sequence[CartLine], sellable: Mapping[str, SellableUnits]
) -> tuple[tuple[CartLine, ...], tuple[Notice, ...]]:
    """The lines with those of their units that are not here yet, and what is said of the stock.

    Units that are here go to earlier lines first. Of a SKU that is missing in `sellable` there are
    none; of one of which too few can be had, even ahead, nothing is awaited.
    """
    wanted = units_of(lines)
    there = {sku: sellable.get(sku, SellableUnits(here=0)) for sku in wanted}
    left = {sku: there[sku].most for sku, units in wanted.items() if units > there[sku].most}
    taken, found = Counter[str](), []
    for line in lines:
        before = taken[line.sku]
        taken[line.sku] += line.quantity
        awaited = there[line.sku].awaited(before, taken[line.sku]) if line.sku not in left else None
        found.append(line.model_copy(update={"awaited": awaited}))
    return tuple(found), (*shortage_notices(lines, left), *awaited_notices(found))


def awaited_notices(lines: Sequence[CartLine]) -> tuple[Notice, ...]:
    """What lines say of units that are not here yet; the code is UCP's availability status."""
    return tuple(
        info(
            line.awaited.kind,
            f"{line.title}: {line.awaited.units} of {line.quantity} {_NAMES[line.awaited.kind]}, "
            f"expected by {format_days(line.awaited.expected, line.awaited.expected)}.",
            path=f"$.line_items[{index}]",
        )
        for index, line in enumerate(lines)
        if line.awaited is not None
    )


def shortage_notices(lines: Sequence[CartLine], left: Mapping[str, int]) -> tuple[Notice, ...]:
    """UCP's `out_of_stock` for the lines of those SKUs of which too few are `left`."""
    wanted = units_of(lines)
    return tuple(
        error(
            "out_of_stock",
            f"{line.title}: {left[line.sku]} available, {wanted[line.sku]} wanted. "
            "Reduce the quantity or remove the line.",
            path=f"$.line_items[{index}]",
            severity="recoverable",
        )
        for index, line in enumerate(lines)
        if line.sku in left
    )


def price_lines(lines: Sequence[CartLine]) -> tuple[PriceLine, ...]:
    """The lines as pricing wants them."""
    return tuple(
        PriceLine(
            sku=line.sku,
            quantity=line.quantity,
            unit_price=line.unit_price,
            categories=line.categories,
        )
        for line in lines
    )


def code_notices(priced: Priced) -> tuple[Notice, ...]:
    """What is said of the codes that take nothing off.

    A warning, as UCP's discount extension asks, if that will stay so; else what they wait for.
    """
    rejected = [
        warning(code.reason, code.sentence, path=f"$.discounts.codes[{code.index}]")
        for code in priced.rejected
    ]
    waiting = [
        info("discount_code_waiting", code.sentence, path=f"$.discounts.codes[{code.index}]")
        for code in priced.waiting
    ]
    return (*rejected, *waiting)
