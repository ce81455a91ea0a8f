"""The shipped methods, and requests that several tests use."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from deployments.foundation.values.money import cents
from deployments.shipping.contract import (
    Destination,
    ParcelLine,
    RateShipment,
    ShippingMethod,
)

WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
_DATA = Path(__file__).parents[3] / "data/ship_methods.jsonl"


def _method(row: str) -> ShippingMethod:
    fields = json.loads(row)
    charges = {name: cents(fields[name]) for name in ("base_charge", "charge_per_pound")}
    return ShippingMethod.model_validate(fields | charges)


METHODS = tuple(_method(row) for row in _DATA.read_text().splitlines())


def parcel(weight_grams: int | None, quantity: int = 1) -> ParcelLine:
    return ParcelLine(sku="any", quantity=quantity, weight_grams=weight_grams)


def shipment(country: str, *lines: ParcelLine) -> RateShipment:
    return RateShipment(lines=lines or (parcel(1000),), destination=Destination(country=country))
