"""What an audit log tells of a document that was changed: what differs, before and after."""

from __future__ import annotations

from pydantic import JsonValue

from deployments.catalog.contract.documents import ProductDocument, State
from deployments.catalog.contract.products import Product

Values = dict[str, JsonValue]
_ACTIONS: dict[State, str] = {
    "published": "product_published",
    "draft": "product_drafted",
    "archived": "product_archived",
}


def action_of(seen: ProductDocument | None, state: State) -> str:
    """What is done to a document that becomes one of this state."""
    if seen is None:
        return "product_created"
    return "product_changed" if seen.state == state else _ACTIONS[state]


def differences(
    seen: ProductDocument | None, product: Product, state: State
) -> tuple[Values, Values]:
    """The fields that differ between a document and what it becomes: as they were, as they are."""
    before = _values(seen.product, seen.state) if seen else {}
    after = _values(product, state)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in changed if name in before},
        {name: after[name] for name in changed if name in after},
    )


def _values(product: Product, state: State) -> Values:
    """A product's fields by name; those of a variant by its SKU and name."""
    values: Values = {"state": state, **product.model_dump(mode="json", exclude={"id", "variants"})}
    for variant in product.variants:
        fields = variant.model_dump(mode="json", exclude={"sku", "product_id"}, exclude_none=True)
        values |= {f"{variant.sku}.{name}": value for name, value in fields.items()}
    return values
