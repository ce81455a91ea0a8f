"""Staff composed as in production, but for a clock that a test moves and cheaper passwords."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import ClientOf
from tests.unit.staff.composed_staff import ComposedStaff, another_shop


@pytest.fixture
async def shop(redis_of: ClientOf) -> AsyncIterator[ComposedStaff]:
    """A shop without an owner, with two replicas of staff."""
    async with another_shop(redis_of) as shop:
        yield shop


@pytest.fixture
async def owned(shop: ComposedStaff) -> ComposedStaff:
    """A shop with an owner, who is signed in."""
    await shop.make_owner()
    return shop
