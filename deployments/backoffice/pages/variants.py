"""A variant: its title, options and weight, and from when to when it is sold; or removed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, Removal, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.products import ProductPages, id_of
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import (
    ProductDocument,
    SaveProduct,
    StaleRevision,
    UnknownItem,
)
from deployments.catalog.contract.products import MAX_OPTIONS, OptionValue, Variant

_LONGEST = 255


class _Changed(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    title: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    description: Annotated[str, StringConstraints(max_length=20_000)] = ""
    options: Annotated[str, StringConstraints(max_length=6000)] = ""
    weight: int | None = Field(default=None, ge=0, le=10**8)
    on_sale_from: datetime | None = None
    on_sale_until: datetime | None = None
    revision: int = Field(ge=0)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    @field_validator("on_sale_until")
    @classmethod
    def _ends_after_it_starts(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        begins = info.data.get("on_sale_from")
        if begins is not None and until is not None and until < begins:
            raise ValueError("It would end before it starts.")
        return until

    def applied(self, variant: Variant) -> Variant:
        """The variant as it was typed."""
        said: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "options": _options(self.options, variant),
            "weight_grams": self.weight,
            "on_sale_from": _moment(self.on_sale_from),
            "on_sale_until": _moment(self.on_sale_until),
        }
        return Variant.model_validate({**dict(variant), **said})


class VariantPages:
    """The pages of one variant, upon the catalogue."""

    def __init__(self, catalog: CatalogApi, products: ProductPages) -> None:
        self._catalog, self._products = catalog, products

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        one = "/products/{id}/variants/{sku}"
        return [
            PageRoute("GET", one, self.show, "catalogue.change"),
            PageRoute("POST", one, self.change, "catalogue.change"),
            PageRoute("GET", f"{one}/remove", self.ask_to_remove, "catalogue.change"),
            PageRoute("POST", f"{one}/remove", self.remove, "catalogue.change"),
        ]

    async def show(self, visit: Visit) -> Response:
        """A variant, with its form."""
        return await self._page(visit, Form())

    async def change(self, visit: Visit) -> Response:
        """A variant as it shall be; what somebody else changed meanwhile is shown beside it."""
        typed, form = filled(_Changed, visit.form, visit.language)
        if typed is None:
            return await self._page(visit, form)
        document = await self._products.document(visit)
        wanted = typed.applied(_variant(visit, document))
        variants = tuple(
            wanted if one.sku == wanted.sku else one for one in document.product.variants
        )
        stale = await self._save(visit, document, variants, typed.revision, typed.reason)
        if stale is not None:
            return await self._page(visit, form, stale=stale)
        return visit.go(path_of("products", id_of(visit)), visit.text("The variant is saved."))

    async def ask_to_remove(self, visit: Visit) -> Response:
        """What removing a variant means, in numbers."""
        return await self._removal(visit, Form())

    async def remove(self, visit: Visit) -> Response:
        """A variant that nobody can buy any more."""
        typed, form = filled(Removal, visit.form, visit.language)
        if typed is None:
            return await self._removal(visit, form)
        document = await self._products.document(visit)
        gone = _variant(visit, document)
        variants = tuple(one for one in document.product.variants if one.sku != gone.sku)
        if not variants:
            last = visit.text("A product has one variant at least. Archive the product instead.")
            return await self._removal(visit, form.refused(last))
        stale = await self._save(visit, document, variants, typed.revision, typed.reason)
        if stale is not None:
            return await self._removal(visit, form, stale=stale)
        return visit.go(path_of("products", id_of(visit)), visit.text("The variant is removed."))

    async def _save(
        self,
        visit: Visit,
        document: ProductDocument,
        variants: tuple[Variant, ...],
        revision: int,
        reason: str,
    ) -> ProductDocument | None:
        """Save the product with these variants; what it is now if somebody was faster."""
        sent = SaveProduct(
            author=visit.author,
            reason=reason,
            product=document.product.model_copy(update={"variants": variants}),
            state=document.state,
            revision=revision,
        )
        try:
            await self._catalog.save_product(sent)
        except StaleRevision as stale:
            return stale.current
        return None

    async def _page(
        self, visit: Visit, form: Form, *, stale: ProductDocument | None = None
    ) -> Response:
        document = stale or await self._products.document(visit)
        variant = _variant(visit, document)
        return visit.show(
            "variant.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            variant=variant,
            options=shown_options(variant),
            times={
                name: _typed_time(getattr(variant, name))
                for name in ("on_sale_from", "on_sale_until")
            },
            stale=stale is not None,
        )

    async def _removal(
        self, visit: Visit, form: Form, *, stale: ProductDocument | None = None
    ) -> Response:
        document = stale or await self._products.document(visit)
        return visit.show(
            "variant_remove.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            variant=_variant(visit, document),
            left=len(document.product.variants) - 1,
            stale=stale is not None,
        )


def shown_options(variant: Variant) -> str:
    """A variant's options as its form shows them: one a line."""
    return "\n".join(f"{one.name}: {one.label}" for one in variant.options)


def _options(typed: str, variant: Variant) -> tuple[OptionValue, ...]:
    """The options that were typed. One that a line does not tell apart stays if nobody changed it:
    a name may hold a colon."""
    if typed == shown_options(variant):
        return variant.options
    pairs = (line.partition(":") for line in typed.splitlines())
    found = [
        OptionValue(name=name.strip()[:_LONGEST], label=label.strip()[:_LONGEST])
        for name, _, label in pairs
        if name.strip() and label.strip()
    ]
    return tuple(found[:MAX_OPTIONS])


def _variant(visit: Visit, document: ProductDocument) -> Variant:
    sku = str(visit.request.path_params["sku"])
    for one in document.product.variants:
        if one.sku == sku:
            return one
    raise UnknownItem(f"The product has no variant {sku}.", sku=sku)


def _moment(typed: datetime | None) -> datetime | None:
    """A moment as a form gives it, which is UTC and says so beside the field."""
    if typed is None or typed.tzinfo is not None:
        return typed
    return typed.replace(tzinfo=UTC)


def _typed_time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
