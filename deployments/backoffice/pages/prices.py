"""Prices: now, or from a moment on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import NotAnAmountError
from deployments.backoffice.pages.products import ProductPages, id_of
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import (
    ChangePrice,
    SchedulePrice,
    StaleRevision,
    UnknownItem,
)
from deployments.foundation.values.money import STORE_CURRENCY


class _Price(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    sku: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    price: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    starts: datetime | None = None
    revision: int = Field(ge=0)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Unplanned(BaseModel):
    sku: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    revision: int = Field(ge=0)


class PricePages:
    """The forms for prices on a product's page, upon the catalogue."""

    def __init__(self, catalog: CatalogApi, products: ProductPages) -> None:
        self._catalog, self._products = catalog, products

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("POST", "/products/{id}/price", self.change, "prices.change"),
            PageRoute("POST", "/products/{id}/price/unplan", self.unplan, "prices.change"),
        ]

    async def change(self, visit: Visit) -> Response:
        """Another price, now or from a moment on."""
        typed, form = filled(_Price, visit.form, visit.language)
        if typed is None:
            return await self._products.page(visit, form)
        try:
            price = visit.language.minor_units(typed.price, STORE_CURRENCY)
        except NotAnAmountError:
            example = visit.language.typed_money(1250, STORE_CURRENCY)
            wrong = visit.text("Type an amount, such as %(example)s.", example=example)
            return await self._products.page(visit, form.refused(wrong, at="price"))
        return await self._set(visit, form, typed, price)

    async def _set(self, visit: Visit, form: Form, typed: _Price, price: int) -> Response:
        shown = visit.language.money(price, STORE_CURRENCY)
        try:
            if typed.starts is not None:
                starts = _in_utc(typed.starts)
                await self._plan(visit, typed, price, starts)
                when = visit.language.time(starts)
                said = visit.text(
                    "%(sku)s costs %(price)s from %(time)s on.",
                    sku=typed.sku,
                    price=shown,
                    time=when,
                )
            else:
                await self._now(visit, typed, price)
                said = visit.text("%(sku)s costs %(price)s now.", sku=typed.sku, price=shown)
        except StaleRevision as stale:
            return await self._products.page(visit, form, stale=stale.current)
        except UnknownItem as no:
            return await self._products.page(visit, form.refused(visit.language.rejection(no)))
        return visit.go(path_of("products", id_of(visit)), said)

    async def _now(self, visit: Visit, typed: _Price, price: int) -> None:
        sent = ChangePrice(
            sku=typed.sku,
            price=price,
            author=visit.author,
            reason=typed.reason,
            revision=typed.revision,
        )
        await self._catalog.change_price(sent)

    async def _plan(self, visit: Visit, typed: _Price, price: int, starts: datetime) -> None:
        sent = SchedulePrice(
            author=visit.author,
            reason=typed.reason,
            sku=typed.sku,
            price=price,
            starts=starts,
            revision=typed.revision,
        )
        await self._catalog.schedule_price(sent)

    async def unplan(self, visit: Visit) -> Response:
        """What was planned for a SKU does not come."""
        typed, form = filled(_Unplanned, visit.form, visit.language)
        if typed is None:
            return await self._products.page(visit, form)
        sent = SchedulePrice(
            author=visit.author,
            sku=typed.sku,
            price=None,
            starts=datetime.now(UTC),
            revision=typed.revision,
        )
        try:
            await self._catalog.schedule_price(sent)
        except StaleRevision as stale:
            return await self._products.page(visit, form, stale=stale.current)
        said = visit.text("What was planned is taken back.")
        return visit.go(path_of("products", id_of(visit)), said)


def _in_utc(typed: datetime) -> datetime:
    """A moment as a form gives it, which is UTC and says so beside the field."""
    return typed.replace(tzinfo=UTC) if typed.tzinfo is None else typed.astimezone(UTC)
