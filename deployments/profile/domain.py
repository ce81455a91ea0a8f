"""What the profile says (UCP 2026-04-08, overview, "Business Profile")."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.foundation.http.ucp import VERSION, Json, handler_registry
from deployments.payments.contract import HANDLERS

_UCP = f"https://ucp.dev/{VERSION}"
_SHOPPING = "dev.ucp.shopping"
_CHECKOUT, _CART = f"{_SHOPPING}.checkout", f"{_SHOPPING}.cart"


def business_profile(public_url: str, signing_keys: Sequence[Json] = ()) -> Json:
    """The profile of a store that clients reach under `public_url`, without a slash at its end.

    `signing_keys` are public JWKs, with which platforms verify what the store sends them.
    """
    profile: Json = {
        "ucp": {
            "version": VERSION,
            "services": {_SHOPPING: [_rest_service(public_url)]},
            "capabilities": _capabilities(),
            "payment_handlers": handler_registry(HANDLERS),
        }
    }
    if signing_keys:
        profile["signing_keys"] = list(signing_keys)
    return profile


def _rest_service(endpoint: str) -> Json:
    return {
        "version": VERSION,
        "spec": f"{_UCP}/specification/overview",
        "transport": "rest",
        "endpoint": endpoint,
        "schema": f"{_UCP}/services/shopping/rest.openapi.json",
    }


def _capabilities() -> Json:
    return {
        f"{_SHOPPING}.catalog.search": [_capability("catalog/search", "catalog_search")],
        f"{_SHOPPING}.catalog.lookup": [_capability("catalog/lookup", "catalog_lookup")],
        _CART: [_capability("cart", "cart")],
        _CHECKOUT: [_capability("checkout", "checkout")],
        f"{_SHOPPING}.fulfillment": [
            {**_capability("fulfillment", "fulfillment"), "extends": _CHECKOUT}
        ],
        f"{_SHOPPING}.discount": [
            {**_capability("discount", "discount"), "extends": [_CART, _CHECKOUT]}
        ],
        f"{_SHOPPING}.order": [_capability("order", "order")],
    }


def _capability(specification: str, schema: str) -> Json:
    return {
        "version": VERSION,
        "spec": f"{_UCP}/specification/{specification}",
        "schema": f"{_UCP}/schemas/shopping/{schema}.json",
    }
