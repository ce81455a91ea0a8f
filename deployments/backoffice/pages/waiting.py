"""Who waits for a SKU that was sold before it was here."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.stock import sku_of, whole
from deployments.backoffice.visit import Visit
from deployments.backoffice.waiting_orders import WaitingOrders

_PAGE = 50


class WaitingPages:
    """The page, upon inventory, which has the queue, and orders."""

    def __init__(self, waiting: WaitingOrders) -> None:
        self._waiting = waiting

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [PageRoute("GET", "/stock/sku/{sku}/waiting", self.list, "orders.read")]

    async def list(self, visit: Visit) -> Response:
        """Orders in the order in which they are served."""
        sku, start = sku_of(visit), whole(visit.query("cursor"), 0)
        page = await self._waiting.page(sku, start, _PAGE)
        more = None
        if page.cursor is not None:
            more = visit.url(path_of("stock", "sku", sku, "waiting"), cursor=page.cursor)
        return visit.show("stock_waiting.html", sku=sku, page=page, more=more)
