"""Staff composed as in production, but for a clock that a test moves and cheaper passwords."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import ClientOf
from tests.unit.staff.shop import Shop, another_shop


@pytest.fixture
async def shop(redis_of: ClientOf) -> AsyncIterator[Shop]:
    """A shop without an owner, with two replicas of staff."""
    async with another_shop(redis_of) as shop:
        yield shop


@pytest.fixture
async def owned(shop: Shop) -> Shop:
    """A shop with an owner, who is signed in."""
    await shop.make_owner()
    return shop
