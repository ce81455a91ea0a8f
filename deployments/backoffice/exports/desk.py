"""Exports by what they are of. Who may take what away is asked before, where the page is."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from deployments.backoffice.exports.kinds import ExportKind
from deployments.backoffice.exports.orders import OrderRows
from deployments.backoffice.exports.rows import CatalogRows, CodeRows
from deployments.backoffice.tables.writing import (
    MEDIA_TYPES,
    Cell,
    FileFormat,
    Table,
    written,
)
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.clock import Clock
from deployments.orders.contract import OrdersApi
from deployments.pricing.contract import PricingApi
from deployments.staff.contract import StaffApi
from deployments.staff.contract.audit_log import RecordExport


class ExportDesk:
    """Every export, upon the services that know what there is, and staff, who writes it down."""

    def __init__(
        self,
        goods: CatalogRows,
        orders: OrdersApi,
        pricing: PricingApi,
        staff: StaffApi,
        clock: Clock,
    ) -> None:
        sales = OrderRows(orders)
        self._staff, self._now = staff, clock
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

    async def file(
        self, kind: ExportKind, as_: FileFormat, author: Author, headers: Mapping[str, str]
    ) -> StreamingResponse:
        """The file as an answer. Nothing of it is handed out before the audit log has it."""
        export = uuid.uuid4().hex
        told = RecordExport(export=export, author=author, what=kind, format=as_)
        await self._staff.record_export(told)
        now: datetime = self._now()
        name = f"{kind}-{now:%Y-%m-%d}.{as_}"
        return _ClosedStream(
            self._recorded(told, as_, self.table(kind)),
            headers={**headers, "Content-Disposition": f'attachment; filename="{name}"'},
            media_type=MEDIA_TYPES[as_],
        )

    async def _recorded(
        self, told: RecordExport, as_: FileFormat, table: Table
    ) -> AsyncGenerator[bytes]:
        """The parts of a file, and then how many rows it had in the audit log.

        Whoever breaks off is written down with what he was handed by then.
        """
        counted, complete = _Counted(table), False
        try:
            async for part in written(Table(table.columns, counted.rows()), as_):
                yield part
            complete = True
        finally:
            ended = told.model_copy(update={"rows": counted.count, "complete": complete})
            # A reader who went away cancels this, and is to be written down all the same.
            await asyncio.shield(asyncio.ensure_future(self._staff.record_export(ended)))


class _Counted:
    """Rows, and how many of them were read."""

    def __init__(self, table: Table) -> None:
        self._rows = table.rows
        self.count = 0

    async def rows(self) -> AsyncIterator[Sequence[Cell]]:
        """The same rows."""
        async for row in self._rows:
            self.count += 1
            yield row


class _ClosedStream(StreamingResponse):
    """A stream whose end is told to whoever makes it, also where the reader went away."""

    def __init__(
        self, parts: AsyncGenerator[bytes], headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(parts, headers=headers, media_type=media_type)
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._parts):
            await super().__call__(scope, receive, send)
