"""What the tests of shipping may ask for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.shipping.composed_shipping import ComposedShipping


@pytest.fixture
async def composed(redis_of: ClientOf) -> ComposedShipping:
    """Shipping on an empty Redis, with the shipped methods."""
    composed = ComposedShipping(redis_of)
    await composed.stock()
    return composed
