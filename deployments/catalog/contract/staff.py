"""What the catalogue does for staff: a part of its protocol."""

from __future__ import annotations

from typing import Protocol

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
    SchedulePrice,
)
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import Variant
from deployments.foundation.rpc.contracts import repeatable


class CatalogForStaff(Protocol):
    """What staff see and change of products and prices, each change with its author and an event.

    Lists come from a replica's own copy, which learns of a change within a second.
    """

    @repeatable
    async def document(self, request: GetDocument) -> ProductDocument:
        """A product as it is now, whatever its state. Rejects with `UnknownProduct`."""
        ...

    @repeatable
    async def list_products(self, request: ListProducts) -> ProductPage:
        """A page of products, by title."""
        ...

    @repeatable
    async def list_categories(self, request: ListCategories) -> Categories:
        """The categories that products name."""
        ...

    async def save_product(self, request: SaveProduct) -> ProductDocument:
        """Make, change, publish, draft or archive a product; what is so already changes nothing.
        Its pictures stay as they are.

        Rejects with `StaleRevision`, `UnknownProduct` or `SkuTaken`.
        """
        ...

    async def change_pictures(self, request: ChangePictures) -> ProductDocument:
        """Add, order, describe or remove pictures, whose bytes lie where pictures are already.

        Rejects with `StaleRevision`, `UnknownProduct` or `PictureMissing`.
        """
        ...

    async def change_price(self, request: ChangePrice) -> Variant:
        """Set a price and publish it. Rejects with `UnknownItem` or `StaleRevision`."""
        ...

    async def schedule_price(self, request: SchedulePrice) -> PriceScheduled:
        """Plan one price of a SKU, instead of what was planned.

        Rejects with `UnknownItem` or `StaleRevision`.
        """
        ...

    async def apply_scheduled(self, request: ApplyScheduledPrices) -> PricesApplied:
        """Let due prices take effect, once, however many ask."""
        ...
