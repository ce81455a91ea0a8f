"""The catalogue's answers as UCP spells them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic_core import to_json

from deployments.catalog.contract import LOOKUP, SEARCH
from deployments.catalog.product_json import ProductJson
from deployments.catalog.service import Detail, Found, LookedUp
from deployments.foundation.http.ucp import Json, Notice, envelope, error, info
from deployments.foundation.values.money import STORE_CURRENCY

_SEARCH, _LOOKUP = to_json(envelope(SEARCH)), to_json(envelope(LOOKUP))


def found_json(found: Found, notices: Iterable[Notice], write: ProductJson) -> bytes:
    """The answer to a search."""
    pagination: Json = {"has_next_page": found.page.cursor is not None}
    if found.page.total is not None:
        pagination["total_count"] = found.page.total
    if found.page.cursor is not None:
        pagination["cursor"] = found.page.cursor
    products = write.all(found.offerings, found.stock)
    more = {"pagination": pagination} | _messages(notices)
    return b'{"ucp":%b,"products":%b,%b' % (_SEARCH, products, to_json(more)[1:])


def looked_up_json(looked_up: LookedUp, notices: Iterable[Notice], write: ProductJson) -> bytes:
    """The answer to a lookup; ids that name nothing are told in the messages."""
    products = write.all(looked_up.offerings, looked_up.stock, looked_up.inputs)
    unknown = [info("not_found", id_) for id_ in looked_up.unknown]
    return b'{"ucp":%b,"products":%b%b' % (_LOOKUP, products, _end([*unknown, *notices]))


def detail_json(detail: Detail, notices: Iterable[Notice], write: ProductJson) -> bytes:
    """The answer that shows one product."""
    product = write.detail(detail.offering, detail.stock, detail.selected)
    return b'{"ucp":%b,"product":%b%b' % (_LOOKUP, product, _end(notices))


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


def _end(notices: Iterable[Notice]) -> bytes:
    """The rest of an answer: its messages, if there are any."""
    messages = _messages(notices)
    return b"," + to_json(messages)[1:] if messages else b"}"
