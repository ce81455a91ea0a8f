"""The catalogue's answers as UCP spells them. `at` is the store's own address, for pictures."""

from __future__ import annotations

from collections.abc import Iterable

from deployments.catalog.contract import LOOKUP, SEARCH, Product, Variant
from deployments.catalog.contract.pictures import PICTURES_PATH
from deployments.catalog.contract.products import Picture
from deployments.catalog.domain.options import Selection, Signal, options_of
from deployments.catalog.domain.products import (
    Offering,
    category_values,
    price_range,
)
from deployments.catalog.domain.sale import CurrentAvailability
from deployments.catalog.service import Detail, Found, LookedUp
from deployments.foundation.http.ucp import Json, Notice, envelope, error, info
from deployments.foundation.values.money import STORE_CURRENCY


def found_json(found: Found, notices: Iterable[Notice], *, at: str) -> Json:
    """The answer to a search."""
    pagination: Json = {"has_next_page": found.page.cursor is not None}
    if found.page.total is not None:
        pagination["total_count"] = found.page.total
    if found.page.cursor is not None:
        pagination["cursor"] = found.page.cursor
    body: Json = {
        "ucp": envelope(SEARCH),
        "products": [_product(offering, found.stock, at) for offering in found.offerings],
        "pagination": pagination,
    }
    return body | _messages(notices)


def looked_up_json(looked_up: LookedUp, notices: Iterable[Notice], *, at: str) -> Json:
    """The answer to a lookup; ids that name nothing are told in the messages."""
    products = [_product(offering, looked_up.stock, at) for offering in looked_up.offerings]
    for variant in (variant for product in products for variant in product["variants"]):
        inputs = looked_up.inputs[variant["sku"]]
        variant["inputs"] = [{"id": id_, "match": match} for id_, match in inputs]
    unknown = [info("not_found", id_) for id_ in looked_up.unknown]
    body: Json = {"ucp": envelope(LOOKUP), "products": products}
    return body | _messages([*unknown, *notices])


def detail_json(detail: Detail, notices: Iterable[Notice], *, at: str) -> Json:
    """The answer that shows one product."""
    product = _product(detail.offering, detail.stock, at)
    if detail.signals:
        product["options"] = [
            {"name": name, "values": [_signal(value) for value in values]}
            for name, values in detail.signals.items()
        ]
        product["selected"] = _selected(detail.selected)
    return {"ucp": envelope(LOOKUP), "product": product} | _messages(notices)


def no_product_json(id_: str) -> Json:
    """The answer when an id names no product, or the filters leave none of its variants."""
    sentence = f"Product not found: {id_}. Check the id, or send fewer filters."
    notice = error("not_found", sentence, severity="unrecoverable")
    return {"ucp": {**envelope(LOOKUP), "status": "error"}, "messages": [notice.to_json()]}


def price_filter_ignored(currency: str) -> Notice:
    """UCP (`types/price_filter.json`): who cannot convert ignores the filter and says so."""
    sentence = (
        f"The price filter in {currency} was ignored: prices are in {STORE_CURRENCY}. "
        f"Send it in {STORE_CURRENCY}, with context.currency."
    )
    return info("price_filter_ignored", sentence)


def _messages(notices: Iterable[Notice]) -> Json:
    messages = [notice.to_json() for notice in notices]
    return {"messages": messages} if messages else {}


def _price(amount: int, currency: str) -> Json:
    return {"amount": amount, "currency": currency}


def _product(offering: Offering, stock: CurrentAvailability, at: str) -> Json:
    product = offering.product
    lowest, highest = price_range(product)
    currency = product.variants[0].currency
    body: Json = {
        "id": product.id,
        "title": product.title,
        "description": {"plain": product.description},
        "categories": _categories(product),
        "price_range": {"min": _price(lowest, currency), "max": _price(highest, currency)},
        "variants": [_variant(variant, stock) for variant in offering.variants],
    }
    if product.pictures:
        body["media"] = [_media(picture, at) for picture in product.pictures]
    if options := options_of(product):
        body["options"] = [
            {"name": name, "values": [{"label": label} for label in labels]}
            for name, labels in options.items()
        ]
    return body


def _media(picture: Picture, at: str) -> Json:
    body: Json = {
        "type": "image",
        "url": f"{at}{PICTURES_PATH}/{picture.key}",
        "width": picture.width,
        "height": picture.height,
    }
    return {**body, "alt_text": picture.alt_text} if picture.alt_text else body


def _categories(product: Product) -> list[Json]:
    return [{"value": value, "taxonomy": "merchant"} for value in category_values(product)]


def _variant(variant: Variant, stock: CurrentAvailability) -> Json:
    body: Json = {
        "id": variant.id,
        "sku": variant.sku,
        "title": variant.title,
        "description": {"plain": variant.description},
        "price": _price(variant.price, variant.currency),
        "options": _selected(variant.options),
    }
    status = stock.status(variant)
    if status is not None:
        body["availability"] = {"available": stock.available(variant), "status": status}
    if (expected := stock.expected(variant)) is not None:
        body["availability"]["fulfillable_on"] = expected.isoformat()
    return body


def _selected(selection: Selection) -> list[Json]:
    return [{"name": option.name, "label": option.label} for option in selection]


def _signal(value: Signal) -> Json:
    body: Json = {"label": value.label, "exists": value.exists}
    return body if value.available is None else {**body, "available": value.available}
