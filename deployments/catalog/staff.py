"""What staff see and change of the catalogue: a part of its API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import JsonValue

from deployments.catalog.contract.documents import (
    ApplyScheduledPrices,
    Categories,
    ChangePrice,
    GetDocument,
    ListCategories,
    ListProducts,
    PricesApplied,
    PriceScheduled,
    ProductDocument,
    ProductPage,
    SaveProduct,
    ScheduledPrice,
    SchedulePrice,
    SkuTaken,
    StaleRevision,
    State,
    UnknownItem,
    UnknownProduct,
)
from deployments.catalog.contract.pictures import ChangePictures, PictureMissing
from deployments.catalog.contract.products import Picture, Product, Variant
from deployments.catalog.domain.documents import action_of, differences
from deployments.catalog.domain.products import described
from deployments.catalog.domain.shelf import Shelf, shelf_of
from deployments.catalog.events import PicturesChanged, ProductChanged, ProductHidden
from deployments.catalog.file_store import FileStore
from deployments.catalog.snapshot import LiveSnapshot, Snapshot
from deployments.catalog.staff_store import StaffCatalogStore
from deployments.catalog.store import files_of
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.clock import Clock

_TOLD, _LONGEST_TOLD = 12, 100
_TRIES = 20
"""How often files may begin to be deleted while a product is given others."""


class StaffCatalog:
    """Implements `CatalogForStaff`, upon Redis for what is changed and a copy for lists."""

    def __init__(
        self,
        store: StaffCatalogStore,
        files: FileStore,
        replica: LiveSnapshot,
        objects: Objects,
        clock: Clock,
    ) -> None:
        self._staff_store, self._snapshot, self._clock = store, replica, clock
        self._files, self._objects = files, objects
        self._shelved: tuple[Snapshot | None, Shelf] = (None, Shelf({}))

    async def document(self, request: GetDocument) -> ProductDocument:
        """A product as it is now, whatever its state."""
        found = await self._staff_store.document(request.id)
        if found is None:
            raise _unknown(request.id)
        return found

    async def list_products(self, request: ListProducts) -> ProductPage:
        """A page of products, by title. A thread looks at them, so that shoppers need not wait."""
        return await asyncio.to_thread(lambda: self._shelf().page(request))

    async def list_categories(self, request: ListCategories) -> Categories:  # noqa: ARG002 - all.
        """The categories that products name."""
        return await asyncio.to_thread(lambda: self._shelf().categories())

    def _shelf(self) -> Shelf:
        """The list of what this replica's copy has now."""
        (of, shelf), now = self._shelved, self._snapshot.current
        if of is not now:
            shelf = shelf_of(_everything(now), shelf)
            self._shelved = (now, shelf)
        return shelf

    async def save_product(self, request: SaveProduct) -> ProductDocument:
        """Make, change, publish, draft or archive a product."""
        now = self._clock()
        seen = await self._staff_store.document(request.product.id)
        product = _own(described(request.product), seen)
        request = request.model_copy(update={"product": product})
        if seen is not None and (seen.product, seen.state) == (product, request.state):
            return seen
        if seen is not None and seen.revision != request.revision:
            raise _stale(seen)
        outcome, more = await self._staff_store.save(request, _event(request, seen, now), now)
        if outcome == "unknown":
            raise _unknown(product.id)
        if outcome == "taken":
            raise SkuTaken(f"The SKU {more} belongs to another product. Choose another.", sku=more)
        current = await self.document(GetDocument(id=product.id))
        if outcome == "stale":
            raise _stale(current)
        return current

    async def change_pictures(self, request: ChangePictures) -> ProductDocument:
        """Add, order, describe or remove pictures."""
        now = self._clock()
        seen = await self.document(GetDocument(id=request.product_id))
        if seen.product.id != request.product_id:
            raise _unknown(request.product_id)
        if seen.product.pictures == request.pictures:
            return seen
        if seen.revision != request.revision:
            raise _stale(seen)
        outcome = await self._picture(request, seen, now)
        if outcome == "unknown":
            raise _unknown(request.product_id)
        current = await self.document(GetDocument(id=request.product_id))
        if outcome == "stale":
            raise _stale(current)
        return current

    async def _picture(self, request: ChangePictures, seen: ProductDocument, now: datetime) -> str:
        """Show pictures whose files are there, also if files are being deleted meanwhile."""
        event = _pictured(request, seen, now)
        held = set(files_of(seen.product.pictures))
        new = [file for file in files_of(request.pictures) if file not in held]
        for _ in range(_TRIES):
            deletions, going = await self._files.deletions(new)
            if going:
                raise _missing(going[0])
            await self._check(new)
            outcome, file = await self._staff_store.change_pictures(request, event, now, deletions)
            if outcome == "going":
                raise _missing(file)
            if outcome != "again":
                return outcome
        raise _missing(new[0] if new else request.pictures[0].key)

    async def _check(self, files: Iterable[str]) -> None:
        """They must be where pictures are, so that no shopper is led to what is not."""
        for file in files:
            if not await self._objects.has(file):
                raise _missing(file)

    async def change_price(self, request: ChangePrice) -> Variant:
        """Set a price and publish it."""
        outcome = await self._staff_store.change_price(request, self._clock())
        if outcome == "unknown":
            raise _unknown_item(request.sku)
        current = await self.document(GetDocument(id=request.sku))
        if outcome == "stale":
            raise _stale(current)
        return next(each for each in current.product.variants if each.sku == request.sku)

    async def schedule_price(self, request: SchedulePrice) -> PriceScheduled:
        """Plan one price of a SKU, instead of what was planned."""
        plan = None
        if request.price is not None:
            plan = ScheduledPrice.model_validate(request.model_dump())
        outcome = await self._staff_store.plan(request, plan, self._clock())
        if outcome == "unknown":
            raise _unknown_item(request.sku)
        if outcome == "stale":
            raise _stale(await self.document(GetDocument(id=request.sku)))
        return PriceScheduled(scheduled=plan)

    async def apply_scheduled(self, request: ApplyScheduledPrices) -> PricesApplied:
        """Let due prices take effect."""
        return PricesApplied(count=await self._staff_store.apply(request.limit, self._clock()))


def _everything(snapshot: Snapshot) -> Iterator[tuple[Product, State]]:
    for product in snapshot.assortment.products.values():
        yield product, "published"
    for one in snapshot.hidden.values():
        yield one.product, one.state


def _own(product: Product, seen: ProductDocument | None) -> Product:
    """The product with variants that name it, and with the pictures that it has."""
    own = {"product_id": product.id, "categories": (), "image_path": None}
    variants = tuple(one.model_copy(update=own) for one in product.variants)
    pictures = seen.product.pictures if seen else ()
    return product.model_copy(update={"variants": variants, "pictures": pictures})


def _event(
    request: SaveProduct, seen: ProductDocument | None, now: datetime
) -> ProductChanged | ProductHidden:
    """What is published; true if the product still is at the revision that was seen."""
    product = request.product
    before, after = differences(seen, product, request.state)
    change = Change(
        author=request.author,
        subject=f"catalog/product/{product.id}",
        action=action_of(seen, request.state),
        before=before,
        after=after,
        reason=request.reason,
        at=now,
    )
    if request.state != "published":
        return ProductHidden(product_id=product.id, state=request.state, change=change)
    skus = tuple(variant.sku for variant in product.variants)
    return ProductChanged(product_id=product.id, title=product.title, skus=skus, change=change)


def _pictured(request: ChangePictures, seen: ProductDocument, now: datetime) -> PicturesChanged:
    """What is published; true if the product still is at the revision that was seen."""
    change = Change(
        author=request.author,
        subject=f"catalog/product/{request.product_id}",
        action="pictures_changed",
        before={"pictures": _told(seen.product.pictures)},
        after={"pictures": _told(request.pictures)},
        reason=request.reason,
        at=now,
    )
    keys = tuple(picture.key for picture in request.pictures)
    return PicturesChanged(product_id=request.product_id, pictures=keys, change=change)


def _told(pictures: Iterable[Picture]) -> list[JsonValue]:
    """Pictures as the audit log tells them: by the beginning of their key, which is telling."""
    return [f"{one.key[:_TOLD]} {one.alt_text}".strip()[:_LONGEST_TOLD] for one in pictures]


def _missing(file: str) -> PictureMissing:
    sentence = (
        f"The catalogue finds no picture {file}. Upload it again. If that is no help, "
        "FIELDHOUSE_PICTURES does not name one place for all services."
    )
    return PictureMissing(sentence, key=file)


def _stale(current: ProductDocument) -> StaleRevision:
    sentence = f"{current.product.id} was changed meanwhile. Compare, and save again."
    return StaleRevision(sentence, current=current)


def _unknown(id_: str) -> UnknownProduct:
    return UnknownProduct(f"There is no product {id_}. Look for it in the list.", product_id=id_)


def _unknown_item(sku: str) -> UnknownItem:
    sentence = f"The catalogue shows no SKU {sku}. Check it, or publish its product first."
    return UnknownItem(sentence, sku=sku)
