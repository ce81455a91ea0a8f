"""What UCP's products and shipping options say, in the words of a shopper."""

from __future__ import annotations

from datetime import datetime

from commands.storefront import Json, StoreError
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.money import format_money


def first_variant(products: list[Json]) -> Json:
    """The first variant that is, as far as the store knows, in stock."""
    variants = [variant for product in products for variant in product["variants"]]
    return next((variant for variant in variants if _available(variant)), variants[0])


def _available(variant: Json) -> bool:
    return bool(variant.get("availability", {}).get("available", True))


def stock(variants: list[Json]) -> str:
    """How many of the variants are in stock."""
    return f"{sum(map(_available, variants))} of {len(variants)}"


def category(product: Json) -> str:
    """The narrowest category."""
    return str(product["categories"][-1]["value"]) if product.get("categories") else ""


def price_span(product: Json) -> str:
    """The price, or the lowest and the highest."""
    low, high = product["price_range"]["min"], product["price_range"]["max"]
    prices = {format_money(price["amount"], price["currency"]): None for price in (low, high)}
    return " to ".join(prices)


def values(option: Json) -> str:
    """An option's values, and which of them cannot be had."""
    return ", ".join(
        value["label"] + ("" if _is_offered(value) else " (not available)")
        for value in option["values"]
    )


def _is_offered(value: Json) -> bool:
    return bool(value.get("exists", True) and value.get("available", True))


def buyable(option: Json) -> str:
    """The first value of an option that can be had."""
    listed = option["values"]
    return str(next((value for value in listed if _is_offered(value)), listed[0])["label"])


def delivery_of(session: Json) -> Json:
    """How a checkout is delivered. Raises `StoreError` if it cannot be."""
    method: Json = session["fulfillment"]["methods"][0]
    if not method["groups"]:
        raise StoreError("The store offers no shipping to this address.")
    return method


def option_row(option: Json, currency: str) -> list[str]:
    """A shipping option's title, carrier, days and price."""
    first, last = (
        datetime.fromisoformat(option[field]).date()
        for field in ("earliest_fulfillment_time", "latest_fulfillment_time")
    )
    price = format_money(option_total(option), currency)
    return [option["title"], option["carrier"], format_days(first, last), price]


def option_total(option: Json) -> int:
    """What a shipping option costs, in minor units."""
    return next(int(entry["amount"]) for entry in option["totals"] if entry["type"] == "total")
