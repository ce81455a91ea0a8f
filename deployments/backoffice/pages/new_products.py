"""New products, and new variants of one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import NotAnAmountError
from deployments.backoffice.pages.products import ProductForm, ProductPages, id_of
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import SaveProduct, SkuTaken, StaleRevision
from deployments.catalog.contract.products import MAX_OPTIONS, OptionValue, Product, Variant
from deployments.foundation.values.money import STORE_CURRENCY

_Id = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\w.-]+$")]


class _Variant(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    sku: _Id
    price: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    options: Annotated[str, StringConstraints(max_length=1000)] = ""
    weight: int | None = Field(default=None, ge=0, le=10**8)

    def named(self) -> tuple[OptionValue, ...]:
        """The options, such as `Color: Red, Size: M`."""
        pairs = (part.partition(":") for part in self.options.split(","))
        found = [
            OptionValue(name=name.strip()[:255], label=label.strip()[:255])
            for name, _, label in pairs
            if name.strip() and label.strip()
        ]
        return tuple(found[:MAX_OPTIONS])


class _New(ProductForm, _Variant):
    id: _Id


class _Added(_Variant):
    variant_title: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    revision: int = Field(ge=0)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class NewProductPages:
    """The forms for what is new, upon the catalogue."""

    def __init__(self, catalog: CatalogApi, products: ProductPages) -> None:
        self._catalog, self._products = catalog, products

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/products/new", self.ask, "catalogue.change"),
            PageRoute("POST", "/products/new", self.make, "catalogue.change"),
            PageRoute("POST", "/products/{id}/variants", self.add_variant, "catalogue.change"),
        ]

    async def ask(self, visit: Visit) -> Response:
        """The form for a new product."""
        return visit.show("new_product.html")

    async def make(self, visit: Visit) -> Response:
        """A new product with its first variant."""
        typed, form = filled(_New, visit.form, visit.language)
        if typed is None:
            return visit.refuse("new_product.html", form)
        variant = _variant_of(visit, typed, typed.id, typed.title)
        if variant is None:
            return visit.refuse("new_product.html", _no_amount(visit, form))
        product = Product(
            id=typed.id,
            title=typed.title,
            description=typed.description,
            categories=typed.named_categories(),
            variants=(variant,),
        )
        sent = SaveProduct(
            author=visit.author, reason=typed.reason, product=product, state=typed.state
        )
        try:
            await self._catalog.save_product(sent)
        except SkuTaken as no:
            return visit.refuse(
                "new_product.html", form.refused(visit.language.rejection(no), at="sku")
            )
        except StaleRevision:
            taken = visit.text("There is a product of this id already.")
            return visit.refuse("new_product.html", form.refused(taken, at="id"))
        return visit.go(path_of("products", typed.id), visit.text("The product is saved."))

    async def add_variant(self, visit: Visit) -> Response:
        """One more variant of a product."""
        typed, form = filled(_Added, visit.form, visit.language)
        if typed is None:
            return await self._products.page(visit, form)
        variant = _variant_of(visit, typed, id_of(visit), typed.variant_title)
        if variant is None:
            return await self._products.page(visit, _no_amount(visit, form))
        document = await self._products.document(visit)
        if any(one.sku == typed.sku for one in document.product.variants):
            taken = visit.text("The product has a variant of this SKU already.")
            return await self._products.page(visit, form.refused(taken, at="sku"))
        variants = (*document.product.variants, variant)
        sent = SaveProduct(
            author=visit.author,
            reason=typed.reason,
            product=document.product.model_copy(update={"variants": variants}),
            state=document.state,
            revision=typed.revision,
        )
        try:
            await self._catalog.save_product(sent)
        except StaleRevision as stale:
            return await self._products.page(visit, form, stale=stale.current)
        except SkuTaken as no:
            refused = form.refused(visit.language.rejection(no), at="sku")
            return await self._products.page(visit, refused)
        return visit.go(path_of("products", id_of(visit)), visit.text("The variant is added."))


def _variant_of(visit: Visit, typed: _Variant, product_id: str, title: str) -> Variant | None:
    """The variant that was typed; none if its price is no amount."""
    try:
        price = visit.language.minor_units(typed.price, STORE_CURRENCY)
    except NotAnAmountError:
        return None
    return Variant(
        id=typed.sku,
        sku=typed.sku,
        product_id=product_id,
        title=title,
        price=price,
        options=typed.named(),
        weight_grams=typed.weight,
    )


def _no_amount(visit: Visit, form: Form) -> Form:
    example = visit.language.typed_money(1250, STORE_CURRENCY)
    wrong = visit.text("Type an amount, such as %(example)s.", example=example)
    return form.refused(wrong, at="price")
