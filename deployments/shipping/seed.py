"""The ways to ship that the store ships with."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from deployments.foundation.values.money import cents
from deployments.foundation.values.shipped import BATCH, SHIPPED, rows
from deployments.shipping.contract import ImportMethods, ShippingApi, ShippingMethod

_log = logging.getLogger(__name__)


def shipping_methods(directory: Path = SHIPPED) -> tuple[ShippingMethod, ...]:
    """How things are delivered."""
    return tuple(_method(row) for row in rows("ship_methods.jsonl", directory))


def _method(row: dict[str, Any]) -> ShippingMethod:
    return ShippingMethod(
        id=row["id"],
        title=row["title"],
        carrier=row["carrier"],
        base_charge=cents(row["base_charge"]),
        charge_per_pound=cents(row["charge_per_pound"]),
        min_days=row["min_days"],
        max_days=row["max_days"],
        zones=frozenset(row["zones"]),
    )


async def seed(shipping: ShippingApi) -> None:
    """Take in what is shipped; nothing if this store has it."""
    methods = ImportMethods(batch=BATCH, methods=shipping_methods())
    imported = await shipping.import_methods(methods)
    if imported.count:
        _log.info("loaded %d shipping methods", imported.count)
