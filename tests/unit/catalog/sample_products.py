"""Products that several tests sell."""

from __future__ import annotations

from deployments.catalog.contract import OptionValue, Product, Variant


def variant(sku: str, price: int, *, color: str | None = None, size: str | None = None) -> Variant:
    options = [("Color", color), ("Size", size)]
    return Variant(
        id=f"variant-{sku}",
        sku=sku,
        product_id="",
        title=" ".join(part for part in ("Thing", color, size) if part),
        price=price,
        options=tuple(OptionValue(name=name, label=label) for name, label in options if label),
    )


def product(
    id_: str,
    *variants: Variant,
    title: str = "Thing",
    description: str = "A thing.",
    categories: tuple[str, ...] = ("Things", "Small Things"),
) -> Product:
    mine = tuple(each.model_copy(update={"product_id": id_}) for each in variants)
    return Product(
        id=id_, title=title, description=description, categories=categories, variants=mine
    )


SHIRT = product(
    "shirt",
    variant("S-RED-M", 2000, color="Red", size="M"),
    variant("S-RED-L", 2200, color="Red", size="L"),
    variant("S-BLUE-M", 2500, color="Blue", size="M"),
    title="Running Shirt",
    description="A light shirt for runners.",
    categories=("Clothing", "Shirts"),
)
"""Blue comes in M only."""
BOTTLE = product(
    "bottle",
    variant("B-1", 499),
    title="Water Bottle",
    description="A bottle for any bicycle.",
    categories=("Accessories",),
)
