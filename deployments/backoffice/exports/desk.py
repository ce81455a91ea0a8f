"""Exports by what they are of. Who may take what away is asked before, where the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.responses import StreamingResponse

from deployments.backoffice.exports.kinds import ExportKind
from deployments.backoffice.exports.orders import OrderRows
from deployments.backoffice.exports.rows import CatalogRows, CodeRows
from deployments.backoffice.tables.writing import MEDIA_TYPES, FileFormat, Table, written
from deployments.catalog.contract import CatalogApi
from deployments.foundation.values.clock import Clock
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.pricing.contract import PricingApi


class ExportDesk:
    """Every export, upon the services that know what there is."""

    def __init__(
        self,
        catalog: CatalogApi,
        inventory: InventoryApi,
        orders: OrdersApi,
        pricing: PricingApi,
        clock: Clock,
    ) -> None:
        goods, sales = CatalogRows(catalog, inventory), OrderRows(orders)
        self._now = clock
        self._tables: Mapping[ExportKind, Callable[[], Table]] = {
            "products": goods.products,
            "prices": goods.prices,
            "stock": goods.stock,
            "codes": CodeRows(pricing).codes,
            "orders": sales.orders,
            "customers": sales.customers,
        }

    def table(self, kind: ExportKind) -> Table:
        """The rows, which are asked for as they are read."""
        return self._tables[kind]()

    def file(
        self, kind: ExportKind, as_: FileFormat, headers: Mapping[str, str]
    ) -> StreamingResponse:
        """The file as an answer."""
        now: datetime = self._now()
        name = f"{kind}-{now:%Y-%m-%d}.{as_}"
        return StreamingResponse(
            written(self.table(kind), as_),
            headers={**headers, "Content-Disposition": f'attachment; filename="{name}"'},
            media_type=MEDIA_TYPES[as_],
        )
