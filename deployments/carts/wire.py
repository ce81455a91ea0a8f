"""A cart as UCP's cart, with the discount extension."""

from __future__ import annotations

from deployments.carts.contract import Cart
from deployments.foundation.http.ucp import Json, envelope
from deployments.foundation.http.ucp_prices import discount_json, line_json, totals_json

_CAPABILITIES = ("dev.ucp.shopping.cart", "dev.ucp.shopping.discount")


def cart_json(cart: Cart) -> Json:
    """The answer that shows a cart. Its totals are estimates: there is no tax and no shipping."""
    prices = zip(cart.lines, cart.priced.lines, strict=True)
    body: Json = {
        "ucp": envelope(*_CAPABILITIES),
        "id": cart.id,
        "currency": cart.currency,
        "line_items": [line_json(line, price) for line, price in prices],
        "totals": totals_json(cart.priced.totals),
        "discounts": {
            "codes": list(cart.codes),
            "applied": [discount_json(discount) for discount in cart.priced.discounts],
        },
        "messages": [notice.to_json() for notice in cart.notices],
        "expires_at": cart.expires_at.isoformat(),
    }
    optional = {"buyer": cart.buyer, "context": cart.context}
    return body | {name: value for name, value in optional.items() if value is not None}
