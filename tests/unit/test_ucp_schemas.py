"""The schemas that every answer is checked against resolve, and find mistakes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tests.ucp_schemas import Kind, assert_valid

VERSION = "2026-04-08"
UCP: dict[str, Any] = {"version": VERSION, "status": "success"}
LINKS = [{"type": "terms_of_service", "url": "https://fieldhouse.example/terms"}]
TOTALS = [
    {"type": "subtotal", "amount": 500, "display_text": "Subtotal"},
    {"type": "total", "amount": 500, "display_text": "Total"},
]
LINE = {
    "id": "line-1",
    "item": {"id": "CA-1098", "title": "AWC Logo Cap", "price": 500},
    "quantity": 1,
    "totals": TOTALS,
}
PRODUCT = {
    "id": "product-1",
    "title": "Cap",
    "description": {"plain": "A cap."},
    "price_range": {
        "min": {"amount": 899, "currency": "USD"},
        "max": {"amount": 899, "currency": "USD"},
    },
    "variants": [
        {
            "id": "CA-1098",
            "title": "Cap",
            "description": {"plain": "A cap."},
            "price": {"amount": 899, "currency": "USD"},
            "inputs": [{"id": "product-1", "match": "featured"}],
        }
    ],
}
EXAMPLES: dict[Kind, dict[str, Any]] = {
    "search": {"ucp": UCP, "products": [PRODUCT], "pagination": {"has_next_page": False}},
    "lookup": {"ucp": UCP, "products": [PRODUCT]},
    "product": {"ucp": UCP, "product": PRODUCT},
    "cart": {
        "ucp": UCP,
        "id": "cart-1",
        "line_items": [LINE],
        "currency": "USD",
        "totals": TOTALS,
    },
    "checkout": {
        "ucp": {**UCP, "payment_handlers": {}},
        "id": "checkout-1",
        "line_items": [LINE],
        "currency": "USD",
        "totals": TOTALS,
        "status": "incomplete",
        "links": LINKS,
    },
    "order": {
        "ucp": UCP,
        "id": "order-1",
        "checkout_id": "checkout-1",
        "permalink_url": "https://fieldhouse.example/orders/1",
        "line_items": [
            {
                **LINE,
                "quantity": {"original": 1, "total": 1, "fulfilled": 0},
                "status": "processing",
            }
        ],
        "fulfillment": {},
        "currency": "USD",
        "totals": TOTALS,
    },
    "profile": {"ucp": {"version": VERSION, "services": {}, "payment_handlers": {}}},
    "error": {
        "ucp": {"version": VERSION, "status": "error"},
        "messages": [
            {
                "type": "error",
                "code": "not_found",
                "content": "No such thing.",
                "severity": "unrecoverable",
            }
        ],
    },
}


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(get_args(Kind))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_good_body_is_valid(kind: Kind) -> None:
    assert_valid(kind, EXAMPLES[kind])


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_body_whose_version_is_no_version_is_not(kind: Kind) -> None:
    body = {**EXAMPLES[kind], "ucp": {**EXAMPLES[kind]["ucp"], "version": "today"}}
    with pytest.raises(AssertionError, match="version"):
        assert_valid(kind, body)


def test_extensions_of_a_checkout_are_checked_too() -> None:
    with pytest.raises(AssertionError, match="discounts"):
        assert_valid("checkout", {**EXAMPLES["checkout"], "discounts": {"codes": [1]}})
    with pytest.raises(AssertionError, match="fulfillment"):
        assert_valid("checkout", {**EXAMPLES["checkout"], "fulfillment": {"methods": 1}})


def test_formats_are_checked() -> None:
    with pytest.raises(AssertionError, match="expires_at"):
        assert_valid("cart", {**EXAMPLES["cart"], "expires_at": "tomorrow"})
