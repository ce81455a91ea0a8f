"""The stock that the store ships with."""

from __future__ import annotations

import logging
from pathlib import Path

from deployments.foundation.values.shipped import BATCH, SHIPPED, rows
from deployments.inventory.contract import InventoryApi, ReceiveStock, StockRow

_log = logging.getLogger(__name__)


def stock(directory: Path = SHIPPED) -> tuple[StockRow, ...]:
    """Units by SKU and location."""
    return tuple(StockRow(**row) for row in rows("inventory.jsonl", directory))


async def seed(inventory: InventoryApi) -> None:
    """Take in what is shipped; nothing if this store has it."""
    received = await inventory.receive(ReceiveStock(batch=BATCH, rows=stock()))
    if received.count:
        _log.info("loaded %d rows of stock", received.count)
