"""The inventory that a test asks for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.inventory.inventory_client import InventoryClient


@pytest.fixture
async def inventory(redis_of: ClientOf) -> InventoryClient:
    """An inventory of 5 helmets at one place and 3 at another, and a glove."""
    inventory = InventoryClient(redis_of("inventory"))
    await inventory.receive("first", ("helmet", 1, 5), ("helmet", 6, 3), ("glove", 6, 1))
    return inventory
