"""Products and prices, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import EditedProductBody, PlannedPriceBody, PriceBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import (
    ChangePrice,
    GetDocument,
    ListProducts,
    PriceScheduled,
    ProductDocument,
    ProductPage,
    SaveProduct,
    SchedulePrice,
)
from deployments.catalog.contract.products import Variant


class ProductActions:
    """The actions, upon the catalogue."""

    def __init__(self, catalog: CatalogApi) -> None:
        self._catalog = catalog

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/products",
                self.list,
                "catalogue.read",
                summary="A page of products, by title",
                answer=ProductPage,
                query=ListProducts,
            ),
            Action(
                "GET",
                "/api/products/{id}",
                self.show,
                "catalogue.read",
                summary="A product at its revision, by its id or a SKU",
                answer=ProductDocument,
            ),
            Action(
                "PUT",
                "/api/products",
                self.save,
                "catalogue.change",
                summary="Make or change a product",
                answer=ProductDocument,
                body=EditedProductBody,
            ),
            Action(
                "POST",
                "/api/prices",
                self.change_price,
                "prices.change",
                summary="Change a price now",
                answer=Variant,
                body=PriceBody,
            ),
            Action(
                "POST",
                "/api/planned-prices",
                self.plan_price,
                "prices.change",
                summary="Change a price from a moment on, or take back what was planned",
                answer=PriceScheduled,
                body=PlannedPriceBody,
            ),
        ]

    async def list(self, caller: TokenRequest) -> Response:
        """A page of products."""
        return shown(await self._catalog.list_products(query_of(ListProducts, caller)))

    async def show(self, caller: TokenRequest) -> Response:
        """A product."""
        sent = GetDocument(id=caller.request.path_params["id"])
        return shown(await self._catalog.document(sent))

    async def save(self, caller: TokenRequest) -> Response:
        """A product as it shall be."""
        body = await body_of(EditedProductBody, caller)
        return shown(
            await self._catalog.save_product(SaveProduct(author=caller.author, **dict(body)))
        )

    async def change_price(self, caller: TokenRequest) -> Response:
        """A price now."""
        body = await body_of(PriceBody, caller)
        sent = ChangePrice(author=caller.author, **dict(body))
        return shown(await self._catalog.change_price(sent))

    async def plan_price(self, caller: TokenRequest) -> Response:
        """A price from a moment on."""
        body = await body_of(PlannedPriceBody, caller)
        sent = SchedulePrice(author=caller.author, **dict(body))
        return shown(await self._catalog.schedule_price(sent))
