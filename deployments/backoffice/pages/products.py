"""Products: found, made and changed, shown to shoppers or kept from them."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.visit import Visit
from deployments.backoffice.wording import STATE_NAMES
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import (
    GetDocument,
    ListCategories,
    ListProducts,
    ProductDocument,
    SaveProduct,
    StaleRevision,
    State,
)
from deployments.catalog.contract.products import MAX_CATEGORIES, Category

_PAGE = 50
STATES: tuple[State, ...] = get_args(State)


class ProductForm(BaseModel):
    """What a product's form holds, whether it is new or not."""

    model_config = ConfigDict(hide_input_in_errors=True)
    title: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    description: Annotated[str, StringConstraints(max_length=20_000)] = ""
    categories: Annotated[str, StringConstraints(max_length=1000)] = ""
    state: State
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    def named_categories(self) -> tuple[Category, ...]:
        """The categories, which stand between commas."""
        names = (name.strip()[:128] for name in self.categories.split(","))
        return tuple(name for name in names if name)[:MAX_CATEGORIES]


class _Changed(ProductForm):
    revision: int = Field(ge=0)
    confirmed: bool = False


class ProductPages:
    """Seeing and changing products, upon the catalogue."""

    def __init__(self, catalog: CatalogApi) -> None:
        self._catalog = catalog

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/products", self.list, "catalogue.read"),
            PageRoute("GET", "/products/{id}", self.show, "catalogue.read"),
            PageRoute("POST", "/products/{id}", self.change, "catalogue.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """Products by title; filters stand in the address."""
        typed = {name: visit.query(name) for name in ("q", "category", "state")}
        wanted = ListProducts.model_validate(
            {
                "text": typed["q"],
                "category": typed["category"] or None,
                "state": typed["state"] or None,
                "cursor": visit.query("cursor") or 0,
                "limit": _PAGE,
            }
        )
        found = await self._catalog.list_products(wanted)
        known = await self._catalog.list_categories(ListCategories())
        more = found.cursor and visit.url("/products", **typed, cursor=found.cursor)
        return visit.show(
            "products.html",
            found=found,
            typed=typed,
            more=more,
            categories=known.categories,
            states=STATES,
        )

    async def show(self, visit: Visit) -> Response:
        """A product."""
        return await self.page(visit, Form())

    async def document(self, visit: Visit) -> ProductDocument:
        """The product in the page's address."""
        return await self._catalog.document(GetDocument(id=id_of(visit)))

    async def page(
        self, visit: Visit, form: Form, *, stale: ProductDocument | None = None
    ) -> Response:
        """A product's page, with a form that was refused if one was; `stale` is what it is now."""
        document = stale or await self.document(visit)
        return visit.show(
            "product.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            product=document.product,
            planned={one.sku: one for one in document.scheduled},
            states=[(state, visit.text(STATE_NAMES[state])) for state in STATES],
            stale=stale,
        )

    async def change(self, visit: Visit) -> Response:
        """Another title, text, category or state; what hides it is asked for twice."""
        typed, form = filled(_Changed, visit.form, visit.language)
        if typed is None:
            return await self.page(visit, form)
        document = await self.document(visit)
        hides = document.state == "published" and typed.state != "published"
        if hides and not typed.confirmed and typed.revision == document.revision:
            return visit.show("product_confirm.html", form=form, document=document, typed=typed)
        product = document.product.model_copy(
            update={
                "title": typed.title,
                "description": typed.description,
                "categories": typed.named_categories(),
            }
        )
        sent = SaveProduct(
            author=visit.author,
            reason=typed.reason,
            product=product,
            state=typed.state,
            revision=typed.revision,
        )
        try:
            await self._catalog.save_product(sent)
        except StaleRevision as stale:
            return await self.page(visit, form, stale=stale.current)
        return visit.go(path_of("products", id_of(visit)), visit.text("The product is saved."))


def id_of(visit: Visit) -> str:
    """The product in the page's address."""
    return str(visit.request.path_params["id"])[:255]
