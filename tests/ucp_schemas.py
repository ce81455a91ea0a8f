"""Checks bodies against the published schemas of UCP 2026-04-08, which lie in data/ucp."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Kind = Literal["search", "lookup", "product", "cart", "checkout", "order", "profile", "error"]

_PUBLISHED = Path(__file__).parents[1] / "data" / "ucp" / "2026-04-08"
_SHOPPING = "https://ucp.dev/schemas/shopping"
# The profile's own `$id` lies under `schemas/`, where its `../schemas/ucp.json` leads nowhere.
_PROFILE = "https://ucp.dev/discovery/profile.json"
_SCHEMAS: Mapping[Kind, Mapping[str, Any]] = {
    "search": {"$ref": f"{_SHOPPING}/catalog_search.json#/$defs/search_response"},
    "lookup": {"$ref": f"{_SHOPPING}/catalog_lookup.json#/$defs/lookup_response"},
    "product": {"$ref": f"{_SHOPPING}/catalog_lookup.json#/$defs/get_product_response"},
    "cart": {"$ref": f"{_SHOPPING}/discount.json#/$defs/dev.ucp.shopping.cart"},
    "checkout": {
        "allOf": [
            {"$ref": f"{_SHOPPING}/discount.json#/$defs/dev.ucp.shopping.checkout"},
            {"$ref": f"{_SHOPPING}/fulfillment.json#/$defs/dev.ucp.shopping.checkout"},
        ]
    },
    "order": {"$ref": f"{_SHOPPING}/order.json"},
    "profile": {"$ref": f"{_PROFILE}#/$defs/business_profile"},
    "error": {"$ref": f"{_SHOPPING}/types/error_response.json"},
}


def assert_valid(kind: Kind, body: object) -> None:
    """Fails with every mistake, and where it is, unless `body` is a valid answer of this kind."""
    mistakes = [f"{mistake.json_path}: {mistake.message}" for mistake in _mistakes(kind, body)]
    assert not mistakes, f"not a valid {kind}:\n" + "\n".join(mistakes)


def _mistakes(kind: Kind, body: object) -> list[Any]:
    return sorted(_validator(kind).iter_errors(body), key=lambda mistake: mistake.json_path)


@cache
def _validator(kind: Kind) -> Draft202012Validator:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(_SCHEMAS[kind], registry=_registry(), format_checker=checker)


@cache
def _registry() -> Registry[Any]:
    published = [json.loads(path.read_text()) for path in (_PUBLISHED / "schemas").rglob("*.json")]
    profile = json.loads((_PUBLISHED / "discovery" / "profile_schema.json").read_text())
    known = {schema["$id"]: schema for schema in published} | {
        _PROFILE: {**profile, "$id": _PROFILE}
    }
    resources = ((uri, DRAFT202012.create_resource(schema)) for uri, schema in known.items())
    return Registry[Any]().with_resources(resources)
