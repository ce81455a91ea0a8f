"""What staff change of the stock: deliveries, corrections, counts, transfers, locations.

Every form carries a key: sent twice, it takes effect once.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.stock import StockPages, sku_of
from deployments.backoffice.visit import Visit
from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.ahead import (
    AheadKind,
    AllowanceTooLow,
    ExpectedInThePast,
)
from deployments.inventory.contract.changes import (
    AdjustedUnits,
    AdjustStock,
    AllowAhead,
    CountedUnits,
    CountStock,
    NotEnoughUnits,
    ReceiveDelivery,
    ReceivedUnits,
    StaleCount,
    UnknownLocation,
)
from deployments.inventory.contract.levels import MAX_UNITS, ChangeKey, LocationId, Units

Why = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""Why: whoever changes something here says so."""


class ChangeForm(BaseModel):
    """What every form that changes something has."""

    model_config = ConfigDict(hide_input_in_errors=True)
    key: ChangeKey
    reason: Why


class _Received(ChangeForm):
    location_id: LocationId
    quantity: Units


class _Adjusted(ChangeForm):
    location_id: LocationId
    by: int = Field(ge=-MAX_UNITS, le=MAX_UNITS)
    confirmed: bool = False


class _Counted(ChangeForm):
    location_id: LocationId
    counted: int = Field(ge=0, le=MAX_UNITS)


class _SoldAhead(ChangeForm):
    kind: AheadKind
    units: int = Field(ge=0, le=MAX_UNITS)
    expected: date


class StockChangePages:
    """The forms of a SKU's page."""

    def __init__(self, inventory: InventoryApi, stock: StockPages) -> None:
        self._inventory, self._stock = inventory, stock

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("POST", "/stock/sku/{sku}/receive", self.receive, "stock.change"),
            PageRoute("POST", "/stock/sku/{sku}/adjust", self.adjust, "stock.change"),
            PageRoute("POST", "/stock/sku/{sku}/count", self.count, "stock.change"),
            PageRoute("POST", "/stock/sku/{sku}/ahead", self.allow_ahead, "stock.change"),
        ]

    async def receive(self, visit: Visit) -> Response:
        """Units arrived."""
        typed, form = filled(_Received, visit.form, visit.language)
        if typed is None:
            return await self._stock.sku_page(visit, form)
        row = ReceivedUnits(
            sku=sku_of(visit), location_id=typed.location_id, quantity=typed.quantity
        )
        sent = ReceiveDelivery(key=typed.key, author=visit.author, reason=typed.reason, rows=(row,))
        said = visit.language.texts(
            "%(number)s unit received.", "%(number)s units received.", typed.quantity
        )
        return await self._done(visit, form, self._inventory.receive_delivery(sent), said)

    async def adjust(self, visit: Visit) -> Response:
        """There are more units than was thought, or fewer, which is asked for once more."""
        typed, form = filled(_Adjusted, visit.form, visit.language)
        if typed is None:
            return await self._stock.sku_page(visit, form)
        if typed.by < 0 and not typed.confirmed:
            return await self._confirm(visit, typed)
        row = AdjustedUnits(sku=sku_of(visit), location_id=typed.location_id, by=typed.by)
        sent = AdjustStock(key=typed.key, author=visit.author, reason=typed.reason, rows=(row,))
        said = visit.text("The stock is corrected.")
        return await self._done(visit, form, self._inventory.adjust(sent), said)

    async def count(self, visit: Visit) -> Response:
        """What lies there was counted; if it changed meanwhile, both numbers are shown."""
        typed, form = filled(_Counted, visit.form, visit.language)
        if typed is None:
            return await self._stock.sku_page(visit, form)
        row = CountedUnits(
            sku=sku_of(visit),
            location_id=typed.location_id,
            counted=typed.counted,
            expected=_expected(visit.form, typed.location_id),
        )
        sent = CountStock(key=typed.key, author=visit.author, reason=typed.reason, rows=(row,))
        said = visit.text("The count is booked.")
        return await self._done(visit, form, self._inventory.count(sent), said)

    async def allow_ahead(self, visit: Visit) -> Response:
        """So many units in all may be sold before they are here."""
        typed, form = filled(_SoldAhead, visit.form, visit.language)
        if typed is None:
            return await self._stock.sku_page(visit, form)
        sent = AllowAhead(sku=sku_of(visit), author=visit.author, **dict(typed))
        try:
            await self._inventory.allow_ahead(sent)
        except AllowanceTooLow as no:
            refused = form.refused(visit.language.rejection(no), at="units")
            return await self._stock.sku_page(visit, refused)
        except ExpectedInThePast as no:
            refused = form.refused(visit.language.rejection(no), at="expected")
            return await self._stock.sku_page(visit, refused)
        said = visit.language.texts(
            "%(number)s unit may be sold before it is here.",
            "%(number)s units may be sold before they are here.",
            typed.units,
        )
        return visit.go(path_of("stock", "sku", sku_of(visit)), said)

    async def _done(
        self, visit: Visit, form: Form, change: Awaitable[object], said: str
    ) -> Response:
        """The page anew after a change, or with why it was refused."""
        try:
            await change
        except StaleCount as stale:
            return await self._stock.sku_page(visit, form, stale=stale.levels[0])
        except (NotEnoughUnits, UnknownLocation) as no:
            return await self._stock.sku_page(visit, _refused(visit, form, no))
        return visit.go(path_of("stock", "sku", sku_of(visit)), said)

    async def _confirm(self, visit: Visit, typed: _Adjusted) -> Response:
        level = await self._stock.level(sku_of(visit), typed.location_id)
        before = level.available if level else 0
        return visit.show(
            "stock_confirm.html",
            sku=sku_of(visit),
            typed=typed,
            before=before,
            after=max(0, before + typed.by),
        )


def _expected(form: Form, location_id: int) -> int | None:
    """What lay there when the page was made."""
    told = form.value(f"expected_{location_id}")
    return int(told) if told.isascii() and told.isdecimal() else None


def _refused(visit: Visit, form: Form, no: Rejection) -> Form:
    return form.refused(visit.language.rejection(no))
