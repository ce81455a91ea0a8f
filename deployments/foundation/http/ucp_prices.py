"""Prices, discounts and totals as UCP spells them, whichever service computed them.

All amounts are in the currency's minor unit.
"""

# ruff: noqa: D102 - a protocol's docstring says what its properties are.

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deployments.foundation.http.ucp import Json
from deployments.foundation.values.settings import settings


class Line(Protocol):
    """Units of what is sold, at its unit price."""

    @property
    def id(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def unit_price(self) -> int: ...
    @property
    def image_path(self) -> str | None: ...
    @property
    def quantity(self) -> int: ...


class LineAmounts(Protocol):
    """The money of one line: units times price, what discounts took off, and tax."""

    @property
    def subtotal(self) -> int: ...
    @property
    def discount(self) -> int: ...
    @property
    def tax(self) -> int: ...


class Amounts(Protocol):
    """How a total comes about: subtotal - items_discount - discount + fulfillment + tax."""

    @property
    def subtotal(self) -> int: ...
    @property
    def items_discount(self) -> int: ...
    @property
    def discount(self) -> int: ...
    @property
    def fulfillment(self) -> int: ...
    @property
    def tax(self) -> int: ...


class DiscountShare(Protocol):
    """What of a discount fell on a line (its index), or on shipping (none)."""

    @property
    def line(self) -> int | None: ...
    @property
    def amount(self) -> int: ...


class Discount(Protocol):
    """A discount and where it went; `code` is none for an automatic one."""

    @property
    def title(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def code(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def allocations(self) -> Sequence[DiscountShare]: ...


def item_json(id_: str, title: str, price: int, image_path: str | None = None) -> Json:
    """UCP's `item`: what is sold, at its unit price, with a picture that lies under this path."""
    item: Json = {"id": id_, "title": title, "price": price}
    return {**item, "image_url": settings().public_url + image_path} if image_path else item


def line_json(line: Line, price: LineAmounts) -> Json:
    """UCP's `line_item` of a cart or a checkout."""
    return {
        "id": line.id,
        "item": item_json(line.sku, line.title, line.unit_price, line.image_path),
        "quantity": line.quantity,
        "totals": line_totals_json(price),
    }


def line_totals_json(line: LineAmounts) -> list[Json]:
    """The `totals` of one line."""
    return totals(line.subtotal, items_discount=line.discount, tax=line.tax)


def totals_json(amounts: Amounts, *, tax_name: str | None = None) -> list[Json]:
    """The `totals` of a cart, a checkout or an order; what does not apply is left out."""
    return totals(
        amounts.subtotal,
        items_discount=amounts.items_discount,
        discount=amounts.discount,
        fulfillment=amounts.fulfillment,
        tax=amounts.tax,
        tax_name=tax_name,
    )


def totals(
    subtotal: int,
    *,
    items_discount: int = 0,
    discount: int = 0,
    fulfillment: int = 0,
    tax: int = 0,
    tax_name: str | None = None,
) -> list[Json]:
    """A `totals` list that adds up; discounts are given as positive amounts.

    UCP (`types/totals.json`): exactly one subtotal and one total, discounts negative and never
    zero, entries in the order in which a platform shows them.
    """
    entries = [_total("subtotal", subtotal, "Subtotal")]
    if items_discount:
        entries.append(_total("items_discount", -items_discount, "Discounts"))
    if discount:
        entries.append(_total("discount", -discount, "Shipping discount"))
    if fulfillment:
        entries.append(_total("fulfillment", fulfillment, "Shipping"))
    if tax:
        entries.append(_total("tax", tax, tax_name or "Tax"))
    whole = subtotal - items_discount - discount + fulfillment + tax
    return [*entries, _total("total", whole, "Total")]


def _total(kind: str, amount: int, text: str) -> Json:
    return {"type": kind, "amount": amount, "display_text": text}


def discount_json(discount: Discount) -> Json:
    """UCP's `applied_discount`, with JSONPaths into the cart or checkout."""
    applied: Json = {
        "title": discount.title,
        "amount": discount.amount,
        "automatic": discount.code is None,
        "method": discount.method,
        "priority": discount.priority,
        "allocations": [
            {"path": _path(part.line), "amount": part.amount} for part in discount.allocations
        ],
    }
    return applied if discount.code is None else {**applied, "code": discount.code}


def _path(line: int | None) -> str:
    return "$.totals.shipping" if line is None else f"$.line_items[{line}]"
