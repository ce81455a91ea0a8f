"""Products take effect: fields of which the file says something, upon the document as it is."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from deployments.backoffice.formats.items import ProductItem, RowRefusedError, VariantPart
from deployments.backoffice.formats.naming import variant_title
from deployments.backoffice.imports.effects import (
    NOTHING_YET,
    TRIES,
    Comparison,
    Doing,
    Values,
    changed_meanwhile,
    compared,
    invalid,
    still,
)
from deployments.backoffice.imports.run import Outcome
from deployments.backoffice.language import message
from deployments.catalog.contract import CatalogApi, StaleRevision, UnknownProduct
from deployments.catalog.contract.documents import (
    GetDocument,
    ProductDocument,
    SaveProduct,
    State,
)
from deployments.catalog.contract.products import MAX_VARIANTS, Product, Variant

_OF_PRODUCT = ("title", "description", "categories")
_OF_VARIANT = (
    *("title", "description", "price", "options", "weight_grams"),
    *("on_sale_from", "on_sale_until"),
)


class ProductEffect:
    """Implements `Effect`, upon the catalogue."""

    def __init__(self, catalog: CatalogApi) -> None:
        self._catalog = catalog

    async def compare(self, item: ProductItem) -> Comparison:
        """What would change of the product and the variants that the file names."""
        return _comparison(await self._seen(item.id), item)

    async def take(self, item: ProductItem, digest: str, doing: Doing) -> Outcome:
        """Save the product at the revision that is compared."""
        for _ in range(TRIES):
            seen = await self._seen(item.id)
            comparison = _comparison(seen, item)
            if comparison.outcome == "same":
                return "same"
            still(comparison, digest)
            product, state = _target(seen, item)
            await doing.attempts.attempt(item.id, seen.revision if seen else NOTHING_YET)
            sent = SaveProduct(
                author=doing.author,
                reason=doing.reason,
                product=product,
                state=state,
                revision=seen.revision if seen else None,
            )
            try:
                await self._catalog.save_product(sent)
            except (StaleRevision, UnknownProduct):
                continue  # Somebody was faster: look again at what there is now.
            return comparison.outcome
        raise changed_meanwhile(item.id)

    async def _seen(self, id_: str) -> ProductDocument | None:
        try:
            found = await self._catalog.document(GetDocument(id=id_))
        except UnknownProduct:
            return None
        # A SKU leads to its product too, and here a product is meant.
        return found if found.product.id == id_ else None


def _comparison(seen: ProductDocument | None, item: ProductItem) -> Comparison:
    product, state = _target(seen, item)
    before = _covered(seen.product, seen.state, item) if seen else None
    return compared(item.id, before, _covered(product, state, item))


def _covered(product: Product, state: State, item: ProductItem) -> Values:
    """The fields of a product of which the item says something; those of a variant by its SKU."""
    said = product.model_dump(mode="json", include=item.model_fields_set & set(_OF_PRODUCT))
    if "state" in item.model_fields_set:
        said["state"] = state
    variants = {variant.sku: variant for variant in product.variants}
    for part in item.variants:
        names = part.model_fields_set & set(_OF_VARIANT)
        variant = variants.get(part.sku)
        if variant is None:
            said |= {f"{part.sku}.{name}": None for name in names} | {f"{part.sku}.sku": None}
            continue
        values = variant.model_dump(mode="json", include=names)
        said |= {f"{part.sku}.{name}": value for name, value in values.items()}
        said[f"{part.sku}.sku"] = part.sku
    return said


def _target(seen: ProductDocument | None, item: ProductItem) -> tuple[Product, State]:
    """The product as it shall be."""
    if seen is None and not item.title:
        raise RowRefusedError(message("There is no such product, and a new one needs a title."))
    named = item.model_fields_set & set(_OF_PRODUCT)
    said: dict[str, Any] = {name: getattr(item, name) for name in named}
    before = seen.product if seen else None
    title = item.title if "title" in named or before is None else before.title
    try:
        product = Product.model_validate(
            {"description": "", **(dict(before) if before else {}), **said}
            | {"id": item.id, "variants": _variants(before, item, title)}
        )
    except ValidationError as mistakes:
        raise invalid(mistakes) from None
    known = seen.state if seen and "state" not in item.model_fields_set else item.state
    return product, known


def _variants(before: Product | None, item: ProductItem, title: str) -> list[Variant]:
    """Those that there are, changed where the file says so, and then those that are new."""
    parts = {part.sku: part for part in item.variants}
    there = before.variants if before else ()
    kept = [_changed(one, parts.pop(one.sku)) if one.sku in parts else one for one in there]
    made = [_made(part, item.id, title) for part in parts.values()]
    if not kept and not made:
        raise RowRefusedError(
            message("A new product needs a variant: a row with a SKU and a price.")
        )
    if len(kept) + len(made) > MAX_VARIANTS:
        raise RowRefusedError(
            message("A product has %(number)s variants at most."), number=MAX_VARIANTS
        )
    return [*kept, *made]


def _said(part: VariantPart) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.model_fields_set & set(_OF_VARIANT)}


def _changed(variant: Variant, part: VariantPart) -> Variant:
    return Variant.model_validate({**dict(variant), **_said(part)})


def _made(part: VariantPart, product_id: str, title: str) -> Variant:
    if "price" not in part.model_fields_set:
        raise RowRefusedError(message("The new variant %(sku)s needs a price."), sku=part.sku)
    named = variant_title(title, [{"label": one.label} for one in part.options])
    known = {"id": part.sku, "sku": part.sku, "product_id": product_id, "title": named}
    return Variant.model_validate({**known, **_said(part)})
