"""What is in stock: what runs low, one SKU at every location, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.visit import Visit
from deployments.backoffice.wording import AHEAD_NAMES
from deployments.catalog.contract import CatalogApi, ResolveItems
from deployments.foundation.values.ids import new_id
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.levels import (
    MAX_UNITS,
    GetLevels,
    ListLocations,
    ListLowStock,
    ListMovements,
    StockLevel,
)

_LOW = 5
_PAGE = 50
_RECENT = 20
_LONGEST_SKU = 255


class StockPages:
    """Looking at the stock, upon inventory and the catalogue, which knows what a SKU is."""

    def __init__(self, inventory: InventoryApi, catalog: CatalogApi) -> None:
        self._inventory, self._catalog = inventory, catalog

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/stock", self.low, "stock.read"),
            PageRoute("GET", "/stock/sku", self.find, "stock.read"),
            PageRoute("GET", "/stock/sku/{sku}", self.show, "stock.read"),
            PageRoute("GET", "/stock/movements", self.movements, "stock.read"),
        ]

    async def low(self, visit: Visit) -> Response:
        """What can hardly be sold any more, fewest units first."""
        at_most = whole(visit.query("at_most"), _LOW)
        wanted = ListLowStock(at_most=at_most, cursor=whole(visit.query("cursor"), 0), limit=_PAGE)
        found = await self._inventory.low_stock(wanted)
        more = None
        if found.cursor is not None:
            more = visit.url("/stock", at_most=at_most, cursor=found.cursor)
        titles = await self._titles(low.sku for low in found.skus)
        return visit.show("stock.html", found=found, titles=titles, at_most=at_most, more=more)

    async def find(self, visit: Visit) -> Response:
        """To the page of the SKU that was typed or scanned."""
        sku = visit.query("sku")
        return visit.go(path_of("stock", "sku", sku) if sku else "/stock")

    async def show(self, visit: Visit) -> Response:
        """A SKU at every location, with the forms that change it."""
        return await self.sku_page(visit, Form())

    async def sku_page(self, visit: Visit, form: Form, stale: StockLevel | None = None) -> Response:
        """A SKU's page, with a form that was refused if there is one.

        `stale` is the level that somebody else's change led to, beside what was typed.
        """
        sku = sku_of(visit)
        found = await self._inventory.levels(GetLevels(skus=(sku,)))
        levels, today = found.levels, datetime.now(UTC).date()
        recent = await self._inventory.movements(ListMovements(sku=sku, limit=_RECENT))
        return visit.show(
            "stock_sku.html",
            status=422 if form.values else 200,
            form=form,
            sku=sku,
            title=(await self._titles([sku])).get(sku),
            levels=levels,
            ahead=next(iter(found.ahead), None),
            ahead_kinds=[(kind, visit.text(name)) for kind, name in AHEAD_NAMES.items()],
            ahead_names=AHEAD_NAMES,
            today=today,
            locations=(names := await self._locations()),
            places=[(str(id_), name) for id_, name in names.items()],
            movements=recent.movements,
            stale=stale,
            key=new_id("change"),
        )

    async def level(self, sku: str, location_id: int) -> StockLevel | None:
        """A SKU at one location; none if it was never there."""
        found = await self._inventory.levels(GetLevels(skus=(sku,)))
        here = (one for one in found.levels if one.location_id == location_id)
        return next(here, None)

    async def movements(self, visit: Visit) -> Response:
        """The ledger, newest first."""
        cursor, sku = visit.query("cursor") or None, visit.query("sku") or None
        found = await self._inventory.movements(ListMovements(sku=sku, cursor=cursor, limit=_PAGE))
        more = found.cursor and visit.url("/stock/movements", sku=sku, cursor=found.cursor)
        return visit.show(
            "stock_movements.html",
            movements=found.movements,
            locations=await self._locations(),
            more=more,
        )

    async def _locations(self) -> dict[int, str]:
        found = await self._inventory.locations(ListLocations())
        return {one.id: one.name for one in found.locations}

    async def _titles(self, skus: Iterable[str]) -> dict[str, str]:
        wanted = tuple(skus)
        if not wanted:
            return {}
        found = await self._catalog.resolve(ResolveItems(ids=wanted))
        return {sku: variant.title for sku, variant in found.items.items()}


def sku_of(visit: Visit) -> str:
    """The SKU in the page's address."""
    return str(visit.request.path_params["sku"])[:_LONGEST_SKU]


def whole(typed: str, default: int) -> int:
    """A whole number that stands in an address, or the default where it is none."""
    return min(int(typed), MAX_UNITS) if typed.isascii() and typed.isdecimal() else default
