"""Leads the fuzzer to where the store has something to do: things that exist, and ways to pay.

What is meant to be wrong is left as it is.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response

_DATA = Path(__file__).parents[2] / "data"
_SKUS = sorted(
    {json.loads(row)["sku"] for row in (_DATA / "inventory.jsonl").read_text().splitlines()}
)
_KNOWN: Mapping[str, Sequence[Any]] = {
    "item.id": _SKUS,
    ".ids": _SKUS,
    ".query": ["mountain tire", "cap"],
    ".url": ["https://8.8.8.8/orders", "https://9.9.9.9/orders", "https://127.0.0.1/orders"],
    "line_items.quantity": [1, 2, 30],
    "discounts.codes": ["WELCOME10"],
    "instruments.handler_id": ["org.fieldhouse.sandbox"],
    "instruments.type": ["card"],
    "credential.type": ["token"],
    "credential.token": ["success_token", "success_token", "fail_token", "fraud_token"],
}
_ALWAYS_KNOWN: Mapping[str, Sequence[Any]] = {
    "buyer.email": ["ada@example.com"],
    "context.address_country": ["US", "DE"],
    "destinations.address_country": ["US", "DE"],
}
"""Of which the document can only say what they look like."""
_AGENT = 'profile="https://my-agent.example:8443/profile"'
_HEADERS = {
    "UCP-Agent": [_AGENT],
    "If-Match": ["*", '"1"', 'W/"2"'],
}
_OFTEN, _HALF = 0.8, 0.5
_chance = random.Random(2026)
"""Its own, so that runs are alike where the fuzzer's are."""
_BUYER = {"email": "ada@example.com"}
_DELIVERY = {
    "methods": [
        {
            "type": "shipping",
            "destinations": [
                {
                    "street_address": "1 Main St",
                    "address_locality": "Davis",
                    "address_region": "CA",
                    "address_country": "US",
                    "postal_code": "95616",
                }
            ],
            "groups": [{"selected_option_id": "1"}],
        }
    ]
}
_MAIL_TOKEN = os.environ.get("FUZZ_MAIL_TOKEN")
"""One of a link that the store has mailed, which no answer tells."""
_PICTURE_KEY = os.environ.get("FUZZ_PICTURE_KEY")
"""That of a picture, which only a product that has one tells."""
_led_to: dict[str, str] = {}
"""Ids that an earlier answer gave, by the operation that has something to do with them."""


@schemathesis.hook
def after_call(_context: HookContext, _case: Case[Any], response: Response) -> None:
    """Remember the session that can be paid for, and the order that was placed."""
    if response.status_code not in {200, 201} or "json" not in response.headers["content-type"][0]:
        return
    shown = response.json()
    if shown.get("status") == "ready_for_complete":
        _led_to["POST /checkout-sessions/{id}/complete"] = shown["id"]
    if "url" in shown:
        _led_to["DELETE /webhooks/{id}"] = shown["id"]
    if "order" in shown:
        _led_to["GET /orders/{id}"] = shown["order"]["id"]


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Put in what the store knows, and the headers that the document cannot tell of."""
    if _writes(case) and "Idempotency-Key" not in case.headers:
        case.headers["UCP-Agent"] = _AGENT  # Only a platform must send the key.
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    for name, values in _HEADERS.items():
        if name in case.headers:  # The fuzzer does not always keep to a header's pattern.
            case.headers[name] = _chance.choice(values)
    if "UCP-Agent" in case.headers or "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"fuzz-{_chance.randrange(1000)}"
    if case.operation.label in _led_to and _chance.random() < _OFTEN:
        case.path_parameters["id"] = _led_to[case.operation.label]
    if _MAIL_TOKEN and "token" in case.path_parameters and _chance.random() < _HALF:
        case.path_parameters["token"] = _MAIL_TOKEN
    if _PICTURE_KEY and "key" in case.path_parameters and _chance.random() < _HALF:
        case.path_parameters["key"] = _PICTURE_KEY
    if isinstance(case.body, dict):
        case.body = _led(_known(case.body, "", ""), case.operation.label)


def _writes(case: Case[Any]) -> bool:
    """Whether the document asks for an Idempotency-Key."""
    return "Idempotency-Key" in {each.name for each in case.operation.headers}


def _led(body: dict[str, Any], operation: str) -> dict[str, Any]:
    """The body, with what only prose asks for: a search searches, a name is selected once."""
    if operation == "POST /catalog/search":
        body |= {"query": "tire", "pagination": {"limit": _chance.randrange(1, 60)}}
    if operation == "POST /catalog/product":
        body["selected"] = _chance.choice([[], [{"name": "Color", "label": "Red"}]])
    if operation.startswith("PUT"):
        body.pop("id", None)  # It would have to be the one in the path.
    if operation.endswith(("/checkout-sessions", "/checkout-sessions/{id}")):
        body |= _chance.choice([{}, {"buyer": _BUYER, "fulfillment": _DELIVERY}])
    return body


def _known(part: Any, name: str, within: str) -> Any:  # noqa: ANN401 - any part of a body.
    """The part, its values replaced by known ones where there are any for them."""
    if isinstance(part, dict):
        return {key: _known(value, key, name) for key, value in part.items()}
    if isinstance(part, list):
        return [_known(value, name, within) for value in part]
    if part is not None and (always := _ALWAYS_KNOWN.get(f"{within}.{name}")):
        return _chance.choice(always)
    known = _KNOWN.get(f"{within}.{name}")
    if known is None or part is None or _chance.random() > _OFTEN:
        return part
    return _chance.choice(known)
