"""Products as UCP spells them, written once for as long as nothing about them changes.

Most of what the catalogue answers are products that it answered with a moment ago. What is kept is
bytes, so that an answer is put together from them without being taken apart into objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic_core import to_json

from deployments.catalog.contract import Product, Variant
from deployments.catalog.contract.products import PICTURES_PATH, Picture
from deployments.catalog.domain.options import Selection, Signal, options_of, signals
from deployments.catalog.domain.products import Offering, category_values, price_range
from deployments.catalog.domain.sale import AvailabilityStatus, CurrentAvailability
from deployments.foundation.http.ucp import Json

MOST_BYTES = 32 * 1024 * 1024
"""What is kept at most in a replica; then everything is written anew, as it is asked for."""
_Availability = tuple[AvailabilityStatus | None, date | None]
_Asked = tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[_Availability, ...]]
"""Which variants, what is selected, and what can be bought of the product."""
_MOST_DETAILS = 64
Inputs = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(slots=True)
class _WrittenProduct:
    """All members of a product but its variants and options, each of its variants, and the whole
    as it was asked for by its options."""

    product: Product
    head: bytes
    options: bytes
    variants: dict[str, tuple[_Availability, bytes]] = field(default_factory=dict)
    details: dict[_Asked, bytes] = field(default_factory=dict)


class ProductJson:
    """Writes products. `at` is the store's own address, for pictures."""

    def __init__(self, at: str, *, most_bytes: int = MOST_BYTES) -> None:
        self._at, self._most = at, most_bytes
        self._products: dict[str, _WrittenProduct] = {}
        self._bytes = 0

    def all(
        self,
        offerings: Iterable[Offering],
        stock: CurrentAvailability,
        inputs: Inputs | None = None,
    ) -> bytes:
        """A list of products; `inputs` says which ids led to which SKU, and how."""
        return b"[" + b",".join(self._whole(one, stock, inputs) for one in offerings) + b"]"

    def _whole(
        self, offering: Offering, stock: CurrentAvailability, inputs: Inputs | None
    ) -> bytes:
        written = self._written(offering.product)
        variants = self._variants(written, offering.variants, stock, inputs)
        return written.head + variants + written.options + b"}"

    def detail(self, offering: Offering, stock: CurrentAvailability, selected: Selection) -> bytes:
        """One product with where each value of its options leads."""
        written = self._written(offering.product)
        now = tuple(_availability(each, stock) for each in offering.product.variants)
        asked = tuple(each.sku for each in offering.variants), _pairs(selected), now
        known = written.details.get(asked)
        if known is None:
            variants = self._variants(written, offering.variants, stock, None)
            known = written.head + variants + _narrowed(offering.product, selected, stock)
            if len(written.details) >= _MOST_DETAILS:
                written.details.clear()
            written.details[asked] = known
            self._count(known)
        return known

    def _written(self, product: Product) -> _WrittenProduct:
        known = self._products.get(product.id)
        if known is None or known.product is not product:
            known = self._products[product.id] = _WrittenProduct(
                product, _open(_head(product, self._at)), _options(product)
            )
            self._count(known.head, known.options)
        return known

    def _variants(
        self,
        written: _WrittenProduct,
        variants: Iterable[Variant],
        stock: CurrentAvailability,
        inputs: Inputs | None,
    ) -> bytes:
        texts = (
            self._variant(written, each, stock)
            + (b"}" if inputs is None else _inputs(inputs[each.sku]))
            for each in variants
        )
        return b',"variants":[' + b",".join(texts) + b"]"

    def _variant(
        self, written: _WrittenProduct, variant: Variant, stock: CurrentAvailability
    ) -> bytes:
        now = _availability(variant, stock)
        known = written.variants.get(variant.sku)
        if known is None or known[0] != now:
            known = written.variants[variant.sku] = now, _open(_variant(variant, stock))
            self._count(known[1])
        return known[1]

    def _count(self, *texts: bytes) -> None:
        """What is replaced counts too, so that this errs on the side of little memory."""
        self._bytes += sum(map(len, texts))
        if self._bytes > self._most:
            self._products.clear()
            self._bytes = 0


def _open(members: Json) -> bytes:
    """An object to which members are added."""
    return to_json(members)[:-1]


def _head(product: Product, at: str) -> Json:
    lowest, highest = price_range(product)
    currency = product.variants[0].currency
    body: Json = {
        "id": product.id,
        "title": product.title,
        "description": {"plain": product.description},
        "categories": [
            {"value": value, "taxonomy": "merchant"} for value in category_values(product)
        ],
        "price_range": {"min": _price(lowest, currency), "max": _price(highest, currency)},
    }
    if product.pictures:
        body["media"] = [_media(picture, at) for picture in product.pictures]
    return body


def _price(amount: int, currency: str) -> Json:
    return {"amount": amount, "currency": currency}


def _media(picture: Picture, at: str) -> Json:
    body: Json = {
        "type": "image",
        "url": f"{at}{PICTURES_PATH}/{picture.key}",
        "width": picture.width,
        "height": picture.height,
    }
    return {**body, "alt_text": picture.alt_text} if picture.alt_text else body


def _options(product: Product) -> bytes:
    options = options_of(product)
    if not options:
        return b""
    told = [
        {"name": name, "values": [{"label": label} for label in labels]}
        for name, labels in options.items()
    ]
    return b',"options":' + to_json(told)


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


def _availability(variant: Variant, stock: CurrentAvailability) -> _Availability:
    return stock.status(variant), stock.expected(variant)


def _narrowed(product: Product, selected: Selection, stock: CurrentAvailability) -> bytes:
    """The rest of a product: its options, each value with where it leads, and what is selected."""
    found = signals(product, selected, stock)
    if not found:
        return b"}"
    options = [
        {"name": name, "values": [_signal(value) for value in values]}
        for name, values in found.items()
    ]
    return b"," + to_json({"options": options, "selected": _selected(selected)})[1:]


def _pairs(selected: Selection) -> tuple[tuple[str, str], ...]:
    return tuple((option.name, option.label) for option in selected)


def _inputs(led: Iterable[tuple[str, str]]) -> bytes:
    told = [{"id": id_, "match": match} for id_, match in led]
    return b',"inputs":' + to_json(told) + b"}"


def _selected(selection: Selection) -> list[Json]:
    return [{"name": option.name, "label": option.label} for option in selection]


def _signal(value: Signal) -> Json:
    body: Json = {"label": value.label, "exists": value.exists}
    return body if value.available is None else {**body, "available": value.available}
