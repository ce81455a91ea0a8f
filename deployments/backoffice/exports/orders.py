"""Orders and customers as rows: to be taken away, and not to be brought back.

The store has no record of customers: whoever has bought is known by the address that an order has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.backoffice.exports.rows import amount, moment, side_by_side
from deployments.backoffice.tables.writing import Cell, Table
from deployments.orders.contract import OrdersApi
from deployments.orders.contract.order import Order
from deployments.orders.contract.staff import (
    MAX_PAGE,
    FindOrder,
    ListOrders,
    OrderNotFound,
    OrderRow,
)

ORDER_COLUMNS = (
    *("order", "order_id", "placed_at", "platform", "email", "paid", "state", "currency"),
    *("sku", "title", "quantity", "unit_price", "line_discount", "line_tax", "line_total"),
    *("order_subtotal", "order_shipping", "order_tax", "order_total", "order_refunded"),
    *("delivery", "name", "street", "city", "region", "postal_code", "country"),
)
CUSTOMER_COLUMNS = (
    *("email", "currency", "orders", "total", "refunded", "first_order", "last_order"),
)


@dataclass
class _Customer:
    """What somebody has bought in one currency. A shop of a million takes some 300 MB."""

    orders: int
    total: int
    refunded: int
    first: datetime
    last: datetime


class OrderRows:
    """Exports of orders, and of whoever made them."""

    def __init__(self, orders: OrdersApi) -> None:
        self._orders = orders

    def orders(self) -> Table:
        """Every line of every order, the newest first."""
        return Table(ORDER_COLUMNS, self._lines())

    def customers(self) -> Table:
        """Every address under which somebody has bought."""
        return Table(CUSTOMER_COLUMNS, self._customers())

    async def _listed(self) -> AsyncIterator[tuple[OrderRow, ...]]:
        before: int | None = None
        while True:
            page = await self._orders.list_orders(ListOrders(before=before, limit=MAX_PAGE))
            yield page.orders
            if (before := page.before) is None:
                return

    async def _order(self, row: OrderRow) -> tuple[OrderRow, Order | None]:
        try:
            return row, await self._orders.find_order(FindOrder(name=row.id))
        except OrderNotFound:
            return row, None  # It was withdrawn meanwhile.

    async def _lines(self) -> AsyncIterator[Sequence[Cell]]:
        async for rows in self._listed():
            async for row, order in side_by_side(rows, self._order):
                for cells in _lines(row, order) if order else ():
                    yield cells

    async def _customers(self) -> AsyncIterator[Sequence[Cell]]:
        known: dict[tuple[str, str], _Customer] = {}
        async for rows in self._listed():
            for row in rows:
                if row.buyer_email:
                    _add(known, row.buyer_email, row)
        for (email, currency), one in sorted(known.items()):
            yield [
                *(email, currency, one.orders, amount(one.total), amount(one.refunded)),
                *(moment(one.first), moment(one.last)),
            ]


def _add(known: dict[tuple[str, str], _Customer], email: str, row: OrderRow) -> None:
    at = row.placed_at
    one = known.setdefault((email, row.currency), _Customer(0, 0, 0, at, at))
    one.orders += 1
    one.total += row.total
    one.refunded += row.refunded
    one.first, one.last = min(one.first, at), max(one.last, at)


def _lines(row: OrderRow, order: Order) -> list[Sequence[Cell]]:
    paid = "TRUE" if order.paid else "FALSE"
    before: list[Cell] = [
        *(order.label, order.id, moment(row.placed_at), order.platform),
        *(order.buyer_email, paid, row.state, order.currency),
    ]
    totals = order.totals
    refunded = sum(refund.amount for refund in order.refunds)
    money = (totals.subtotal, totals.fulfillment, totals.tax, totals.total, refunded)
    after: list[Cell] = [*map(amount, money), order.delivery.title, *_address(order)]
    return [
        [
            *before,
            *(item.sku, item.title, item.quantity, amount(item.unit_price)),
            *(amount(item.price.discount), amount(item.price.tax), amount(item.price.total)),
            *after,
        ]
        for item in order.items
    ]


def _address(order: Order) -> list[Cell]:
    address = order.delivery.address
    name = " ".join(part for part in (address.first_name, address.last_name) if part)
    return [
        *(name, address.street_address, address.address_locality),
        *(address.address_region, address.postal_code, address.address_country),
    ]
