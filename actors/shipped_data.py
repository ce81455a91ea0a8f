"""The files in `data/` as messages of the services that take them in."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployments.catalog.contract import OptionValue, Product, Variant
from deployments.foundation.values.money import cents, round_half_up
from deployments.inventory.contract import StockRow
from deployments.pricing.contract import DiscountCode, Offer, TaxRate
from deployments.shipping.contract import ShippingMethod

SHIPPED = Path(__file__).parents[1] / "data"
_GRAMS = {"LB": Decimal("453.59237"), "G": Decimal(1)}
_SIZE_UNITS = {"Centimeter": " cm", "Ounce": " oz", None: ""}
_RETAIL = frozenset({"retail", "all"})


def products(directory: Path = SHIPPED) -> tuple[Product, ...]:
    """The catalogue. Prices are rounded half up to the cent; variants' ids are their SKUs."""
    return tuple(_product(row) for row in _rows(directory / "catalog.jsonl"))


def stock(directory: Path = SHIPPED) -> tuple[StockRow, ...]:
    """Units by SKU and location."""
    return tuple(StockRow(**row) for row in _rows(directory / "inventory.jsonl"))


def shipping_methods(directory: Path = SHIPPED) -> tuple[ShippingMethod, ...]:
    """How things are delivered."""
    return tuple(_shipping_method(row) for row in _rows(directory / "ship_methods.jsonl"))


def offers(directory: Path = SHIPPED) -> tuple[Offer, ...]:
    """Automatic offers with the SKUs they cover; nothing off, or off nothing, is no offer."""
    skus: dict[int, set[str]] = defaultdict(set)
    for row in _rows(directory / "special_offer_products.jsonl"):
        skus[row["special_offer_id"]].add(row["sku"])
    rows = _rows(directory / "special_offers.jsonl")
    real = [row for row in rows if Decimal(row["discount_pct"]) and row["id"] in skus]
    return tuple(_offer(row, skus[row["id"]]) for row in real)


def discount_codes(directory: Path = SHIPPED) -> tuple[DiscountCode, ...]:
    """Codes that buyers may enter."""
    return tuple(DiscountCode(**row) for row in _rows(directory / "discount_codes.jsonl"))


def tax_rates(directory: Path = SHIPPED) -> tuple[TaxRate, ...]:
    """Rates for retail; those for wholesale only are left out."""
    rows = _rows(directory / "tax_rates.jsonl")
    return tuple(_tax_rate(row) for row in rows if row["applies_to"] in _RETAIL)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text().splitlines())


def _product(row: dict[str, Any]) -> Product:
    names = (row["category"], row["subcategory"])
    return Product(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        categories=tuple(name for name in names if name is not None),
        variants=tuple(_variant(row["id"], variant) for variant in row["variants"]),
    )


def _variant(product_id: str, row: dict[str, Any]) -> Variant:
    return Variant(
        id=row["sku"],
        sku=row["sku"],
        product_id=product_id,
        title=row["title"],
        price=cents(row["list_price"]),
        currency=row["currency"],
        options=tuple(_options(row)),
        weight_grams=_weight(row["weight"], row["weight_unit"]),
    )


def _options(row: dict[str, Any]) -> Iterator[OptionValue]:
    if row["color"] is not None:
        yield OptionValue(name="Color", label=row["color"])
    if row["size"] is not None:
        yield OptionValue(name="Size", label=row["size"] + _SIZE_UNITS[row["size_unit"]])


def _weight(weight: str | None, unit: str | None) -> int | None:
    if weight is None or unit is None:
        return None
    return round_half_up(Decimal(weight) * _GRAMS[unit])


def _shipping_method(row: dict[str, Any]) -> ShippingMethod:
    return ShippingMethod(
        id=row["id"],
        title=row["title"],
        carrier=row["carrier"],
        base_charge=cents(row["base_charge"]),
        charge_per_pound=cents(row["charge_per_pound"]),
        min_days=row["min_days"],
        max_days=row["max_days"],
        zones=frozenset(row["zones"]),
    )


def _offer(row: dict[str, Any], skus: set[str]) -> Offer:
    return Offer(
        id=row["id"],
        title=row["description"],
        percent=f"{(Decimal(row['discount_pct']) * 100).normalize():f}",
        starts=_day(row["start_date"]),
        ends=_day(row["end_date"]),
        min_quantity=row["min_qty"],
        max_quantity=row["max_qty"],
        skus=frozenset(skus),
    )


def _tax_rate(row: dict[str, Any]) -> TaxRate:
    return TaxRate(
        country=row["country_code"],
        region=row["state_code"],
        region_name=row["state"],
        percent=row["rate_percent"],
        name=row["name"],
    )


def _day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
