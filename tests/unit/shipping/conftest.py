"""What the tests of shipping may ask for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.shipping.world import World


@pytest.fixture
async def world(redis_of: ClientOf) -> World:
    """Shipping on an empty Redis, with the shipped methods."""
    world = World(redis_of)
    await world.stock()
    return world
