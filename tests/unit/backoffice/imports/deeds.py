"""What people do in the back office and in the shop while an import runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from deployments.catalog.contract import ChangePrice, StaleRevision
from deployments.catalog.contract.documents import ProductDocument, SaveProduct, SchedulePrice
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Change
from deployments.inventory.contract import (
    ReservationStep,
    ReserveStock,
    StockLine,
)
from deployments.inventory.contract.changes import AdjustedUnits, AdjustStock
from tests.unit.backoffice.imports.small_shop import OF, PLACE, PRICE, SmallShop, Values

GRACE = Author(kind="person", id="grace@example.org", name="Grace")
STARTS = datetime(2036, 12, 1, tzinfo=UTC)
PRICES, TITLES = (PRICE, 1100, 1200), ("Thing", "One", "Two")
"""Few, so that somebody puts back what was there before; the first is what there was at first."""


@dataclass(frozen=True)
class Deed:
    """What somebody does. `late` is upon a page that was opened before, if one was."""

    what: Literal["price", "plan", "unplan", "title", "adjust", "buy"]
    sku: str
    value: int
    late: bool = False


@dataclass(frozen=True)
class _Kept:
    reason: str
    before: Values
    after: Values


class People:
    """Those who change things by hand, and what was accepted of it."""

    def __init__(self, shop: SmallShop) -> None:
        self._shop = shop
        self._pages: dict[str, ProductDocument] = {}
        self._kept: list[_Kept] = []
        self._refused: list[str] = []
        self._number = 0
        self.bought = 0

    async def do(self, deed: Deed) -> None:
        """One of them; a business "no" is an answer."""
        self._number += 1
        reason = f"deed {self._number}"
        if deed.what in {"adjust", "buy"}:
            await self._stock(deed, reason)
            return
        page = await self._page(deed)
        try:
            kept = await self._saved(deed, page, reason)
        except StaleRevision:
            self._refused.append(reason)
        else:
            self._kept.append(kept)

    async def _page(self, deed: Deed) -> ProductDocument:
        id_ = OF[deed.sku]
        if not deed.late or id_ not in self._pages:
            self._pages[id_] = await self._shop.document(id_)
        return self._pages[id_]

    async def _saved(self, deed: Deed, page: ProductDocument, reason: str) -> _Kept:
        price = PRICES[deed.value]
        if deed.what == "price":
            was = next(one.price for one in page.product.variants if one.sku == deed.sku)
            sent = ChangePrice(
                sku=deed.sku, price=price, author=GRACE, reason=reason, revision=page.revision
            )
            await self._shop.catalog.change_price(sent)
            return _Kept(reason, {"price": was}, {"price": price})
        if deed.what == "title":
            title = TITLES[deed.value]
            product = page.product.model_copy(update={"title": title})
            saved = SaveProduct(
                product=product,
                state=page.state,
                author=GRACE,
                reason=reason,
                revision=page.revision,
            )
            there = await self._shop.catalog.save_product(saved)
            assert there.product.title == title
            return _Kept(reason, {"title": page.product.title}, {"title": title})
        return await self._planned(deed, page, reason, None if deed.what == "unplan" else price)

    async def _planned(
        self, deed: Deed, page: ProductDocument, reason: str, price: int | None
    ) -> _Kept:
        sent = SchedulePrice(
            sku=deed.sku,
            price=price,
            starts=STARTS,
            author=GRACE,
            reason=reason,
            revision=page.revision,
        )
        await self._shop.catalog.schedule_price(sent)
        plan = next((one for one in page.scheduled if one.sku == deed.sku), None)
        return _Kept(reason, {"price": plan.price if plan else None}, {"price": price})

    async def _stock(self, deed: Deed, reason: str) -> None:
        units, inventory, id_ = deed.value + 1, self._shop.inventory, reason.replace(" ", "-")
        try:
            if deed.what == "buy":
                line = StockLine(sku=deed.sku, quantity=units)
                await inventory.reserve(
                    ReserveStock(key=f"{id_}:r", reservation_id=id_, lines=(line,), seconds=600)
                )
                await inventory.allocate(ReservationStep(key=f"{id_}:a", reservation_id=id_))
                await inventory.commit(ReservationStep(key=f"{id_}:c", reservation_id=id_))
                self.bought += units
                return
            row = AdjustedUnits(sku=deed.sku, location_id=PLACE, by=-units)
            await inventory.adjust(AdjustStock(key=id_, author=GRACE, reason=reason, rows=(row,)))
        except Rejection:
            self._refused.append(reason)

    def check(self, changes: Sequence[Change]) -> None:
        """What was accepted took effect upon what its author saw; what was refused, not at all."""
        told = {change.reason: change for change in changes if change.author == GRACE}
        assert not told.keys() & set(self._refused)
        for one in self._kept:
            change = told.get(one.reason)
            if change is None:
                # A title may be so already by somebody else's hand, and then nothing is to be done.
                assert one.before == one.after or "title" in one.after, f"{one.reason} is lost"
                continue
            for name, value in one.after.items():
                assert change.before.get(name) == one.before[name]
                assert change.after.get(name) == value
            assert set(change.after) <= {*one.after, "starts"}, "more than was asked for"
