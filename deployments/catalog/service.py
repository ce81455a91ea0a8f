"""The catalogue's service: the contract's methods, and what its public routes ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.catalog.contract import (
    Imported,
    ImportProducts,
    Product,
    ResolvedItems,
    ResolveItems,
    Variant,
)
from deployments.catalog.domain.options import Selection, choose, relax
from deployments.catalog.domain.paging import SearchPage
from deployments.catalog.domain.products import (
    Filters,
    Match,
    Named,
    Offering,
    described,
    passing,
)
from deployments.catalog.domain.sale import CurrentAvailability, why_off_sale
from deployments.catalog.domain.text import closest_first
from deployments.catalog.events import ProductChanged
from deployments.catalog.file_store import FileStore
from deployments.catalog.search import FoundBefore, Search, find_page
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.staff import StaffCatalog
from deployments.catalog.staff_store import StaffCatalogStore
from deployments.catalog.store import CatalogStore
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.recent import RecentAnswers
from deployments.foundation.values.authorship import STORE, Change
from deployments.foundation.values.clock import Clock, utc_now
from deployments.inventory.contract import CheckAvailability, InventoryApi
from deployments.inventory.contract.ahead import SellableUnits


@dataclass(frozen=True)
class Found:
    """A page of a search."""

    offerings: tuple[Offering, ...]
    page: SearchPage
    stock: CurrentAvailability


@dataclass(frozen=True)
class LookedUp:
    """What ids named: for each variant which ids led to it and how, and the ids that named none."""

    offerings: tuple[Offering, ...]
    inputs: dict[str, list[tuple[str, Match]]]
    unknown: tuple[str, ...]
    stock: CurrentAvailability


@dataclass(frozen=True)
class Detail:
    """One product with what is selected of its options."""

    offering: Offering
    selected: Selection
    stock: CurrentAvailability


class CatalogService(StaffCatalog):
    """Implements `CatalogApi`."""

    def __init__(
        self,
        store: CatalogStore,
        staff: StaffCatalogStore,
        replica: LiveSnapshot,
        inventory: InventoryApi,
        clock: Clock = utc_now,
        *,
        files: FileStore,
        objects: Objects,
        stock_seconds: float = 0.0,
    ) -> None:
        super().__init__(staff, files, replica, objects, clock)
        self._store = store
        self._inventory, self._found = inventory, FoundBefore()
        self._units = RecentAnswers(self._count, stock_seconds, clock=clock)

    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        """Titles, prices and weights of items, from this replica's own copy: no Redis call."""
        assortment, now = self._snapshot.assortment, self._clock()
        named = {id_: item for id_ in request.ids if (item := assortment.sold_as(id_)) is not None}
        off_sale = {id_: why for id_, item in named.items() if (why := why_off_sale(item, now))}
        items = {id_: item for id_, item in named.items() if id_ not in off_sale}
        return ResolvedItems(items=items, off_sale=off_sale)

    async def import_products(self, request: ImportProducts) -> Imported:
        """Take in a batch of products and publish each."""
        products = [described(product) for product in request.products]
        events = [_imported(product, request, self._clock()) for product in products]
        count = await self._store.import_products(request.batch, products, events, self._clock())
        return Imported(count=count)

    async def search(
        self, query: str | None, filters: Filters, *, limit: int, cursor: str | None = None
    ) -> Found:
        """A page of the products that fit, best first; without a query all that the filters leave.

        Raises `ForeignCursorError` for a cursor that this search was not given.
        """
        search = Search(query, filters, limit, cursor)
        page, offerings = await find_page(
            self._snapshot.current, search, self._clock(), before=self._found
        )
        stock = await self._stock(offering.variants for offering in offerings)
        return Found(tuple(_ordered(each, query, stock) for each in offerings), page, stock)

    async def look_up(self, ids: Sequence[str], filters: Filters) -> LookedUp:
        """The products that ids name, each once, with the variants that the ids lead to."""
        found = {id_: self._snapshot.assortment.find(id_) for id_ in ids}
        named = {id_: name for id_, name in found.items() if name is not None}
        stock = await self._stock(name.product.variants for name in named.values())
        inputs: dict[str, list[tuple[str, Match]]] = {}
        for id_, name in named.items():
            for variant in _representing(name, filters, stock):
                inputs.setdefault(variant.sku, []).append((id_, name.match))
        products = {name.product.id: name.product for name in named.values()}
        offerings = (
            Offering(product, tuple(v for v in product.variants if v.sku in inputs))
            for product in products.values()
        )
        return LookedUp(
            offerings=tuple(offering for offering in offerings if offering.variants),
            inputs=inputs,
            unknown=tuple(id_ for id_, name in found.items() if name is None),
            stock=stock,
        )

    async def get_product(
        self, id_: str, wanted: Selection, preferences: Sequence[str], filters: Filters
    ) -> Detail | None:
        """A product and the variants that fit what is selected; none if nothing is left.

        A variant's id selects the variant's own options, a wish the most of it that exists, and
        neither of them the options of the variant that the store features.
        """
        named = self._snapshot.assortment.find(id_)
        if named is None:
            return None
        product = named.product
        stock = await self._stock([product.variants])
        left = stock.sellable_first(passing(product, filters))
        featured = (named.variant,) if named.variant else left[:1]
        selected = (
            relax(product, wanted, preferences)
            if wanted and named.variant is None
            else tuple(option for variant in featured for option in variant.options)
        )
        shown = choose(left, selected)
        if named.variant is not None:
            shown = tuple(sorted(shown, key=lambda variant: variant != named.variant))
        if not shown or named.variant not in {None, shown[0]}:
            return None
        return Detail(Offering(product, shown), selected, stock)

    async def picture(self, key: str) -> bytes | None:
        """A picture's bytes; none if there is no such picture."""
        return await self._objects.get(key)

    async def _stock(self, groups: Iterable[Iterable[Variant]]) -> CurrentAvailability:
        """What can be bought; no answer of inventory is no reason to answer nothing at all."""
        skus = tuple(dict.fromkeys(variant.sku for group in groups for variant in group))
        now = self._clock()
        if not skus:
            return CurrentAvailability({}, now)
        try:
            found = await self._units.about(skus)
        except DependencyUnavailable:
            return CurrentAvailability(None, now)
        units = {sku: one.here for sku, one in found.items()}
        ahead = {sku: one.ahead for sku, one in found.items() if one.ahead is not None}
        return CurrentAvailability(units, now, ahead)

    async def _count(self, skus: tuple[str, ...]) -> Mapping[str, SellableUnits]:
        return (await self._inventory.availability(CheckAvailability(skus=skus))).by_sku()


def _imported(product: Product, request: ImportProducts, now: datetime) -> ProductChanged:
    """What is published of a product that was imported; what is shipped is nobody's change."""
    skus = tuple(variant.sku for variant in product.variants)
    change = Change(
        author=request.author,
        subject=f"catalog/product/{product.id}",
        action="product_imported",
        after={"batch": request.batch, "title": product.title, "skus": list(skus)},
        reason=request.reason,
        at=now,
    )
    by_staff = request.author != STORE
    return ProductChanged(
        product_id=product.id,
        title=product.title,
        skus=skus,
        change=change if by_staff else None,
    )


def _ordered(offering: Offering, query: str | None, stock: CurrentAvailability) -> Offering:
    variants = stock.sellable_first(offering.variants)
    return Offering(offering.product, closest_first(variants, query) if query else variants)


def _representing(
    named: Named, filters: Filters, stock: CurrentAvailability
) -> tuple[Variant, ...]:
    """The variant that an id leads to, if the filters leave it."""
    left = passing(named.product, filters)
    if named.variant is None:
        return stock.sellable_first(left)[:1]
    return tuple(variant for variant in left if variant == named.variant)
