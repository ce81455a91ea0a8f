"""The first page: what needs attention, of that which whoever asks may see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.responses import Response

from deployments.backoffice.guard import PageRoute
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import ListProducts
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.levels import ListLowStock
from deployments.orders.contract import OrdersApi
from deployments.orders.contract.staff import ListOrders
from deployments.staff.contract.permissions import Permission

LOW = 5
_ROWS = 6
Question = TypeVar("Question")
Answer = TypeVar("Answer")


class HomePages:
    """The first page, upon the services that know what needs attention."""

    def __init__(self, inventory: InventoryApi, orders: OrdersApi, catalog: CatalogApi) -> None:
        self._inventory, self._orders, self._catalog = inventory, orders, catalog

    def pages(self) -> list[PageRoute]:
        """The one page; each part of it needs more."""
        return [PageRoute("GET", "/", self.show, "account.own")]

    async def show(self, visit: Visit) -> Response:
        """What needs attention; a part whose service does not answer is left out."""
        low = ListLowStock(at_most=LOW, limit=_ROWS)
        drafts = ListProducts(state="draft", limit=1)
        found = await asyncio.gather(
            _part(visit, "stock.read", self._inventory.low_stock, low),
            _part(visit, "orders.read", self._orders.list_orders, ListOrders(limit=_ROWS)),
            _part(visit, "catalogue.read", self._catalog.list_products, drafts),
        )
        return visit.show("home.html", low=found[0], orders=found[1], drafts=found[2], at_most=LOW)


async def _part(
    visit: Visit,
    needs: Permission,
    ask: Callable[[Question], Awaitable[Answer]],
    question: Question,
) -> Answer | None:
    """What a service answers; none where the visitor may not see it, or nobody answers."""
    if not visit.can(needs):
        return None
    try:
        return await ask(question)
    except DependencyUnavailable:
        return None
