"""What a member of staff asks of the stock, in short words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from deployments.foundation.values.authorship import Author
from deployments.inventory.contract.ahead import AheadKind
from deployments.inventory.contract.changes import (
    AdjustStock,
    AllowAhead,
    CountStock,
    ReceiveDelivery,
    ReceiveTransfer,
    SendTransfer,
)

SOON = date(2026, 5, 1)
ANNA = Author(kind="person", id="anna@example.com", name="Anna")
Places = Mapping[tuple[str, int], int]
"""A number by SKU and location."""


def _rows(name: str, places: Places) -> list[dict[str, Any]]:
    return [{"sku": sku, "location_id": at, name: n} for (sku, at), n in places.items()]


def delivery(key: str, places: Places) -> ReceiveDelivery:
    return ReceiveDelivery.model_validate(
        {"key": key, "author": ANNA, "reason": "Order 7", "rows": _rows("quantity", places)}
    )


def adjusting(key: str, places: Places) -> AdjustStock:
    return AdjustStock.model_validate(
        {"key": key, "author": ANNA, "reason": "Broken", "rows": _rows("by", places)}
    )


def counting(key: str, places: Places, expected: int | None = None) -> CountStock:
    counted = [one | {"expected": expected} for one in _rows("counted", places)]
    return CountStock.model_validate({"key": key, "author": ANNA, "rows": counted})


def sending(key: str, source: int, target: int, **units: int) -> SendTransfer:
    lines = [{"sku": sku, "quantity": n} for sku, n in units.items()]
    return SendTransfer.model_validate(
        {"key": key, "author": ANNA, "source_id": source, "target_id": target, "lines": lines}
    )


def allowing(
    key: str, sku: str, units: int, kind: AheadKind = "backorder", expected: date = SOON
) -> AllowAhead:
    return AllowAhead(
        key=key, author=ANNA, reason="Ordered", sku=sku, kind=kind, units=units, expected=expected
    )


def arriving(key: str, transfer: str) -> ReceiveTransfer:
    return ReceiveTransfer(key=key, author=ANNA, transfer_id=transfer)
