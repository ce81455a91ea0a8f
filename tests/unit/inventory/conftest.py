"""The inventory that a test asks for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.inventory.shop import Shop


@pytest.fixture
async def shop(redis_of: ClientOf) -> Shop:
    """An inventory of 5 helmets at one place and 3 at another, and a glove."""
    shop = Shop(redis_of("inventory"))
    await shop.receive("first", ("helmet", 1, 5), ("helmet", 6, 3), ("glove", 6, 1))
    return shop
