"""A store that has sold something."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from tests.conftest import ClientOf
from tests.unit.audit.shop import Shop


@pytest.fixture
async def shop(redis_of: ClientOf, admin: Redis) -> AsyncIterator[Shop]:
    """A stocked store with purchases of every kind behind it."""
    shop = Shop(redis_of, admin)
    await shop.open()
    await shop.trade()
    yield shop
    await finish_detached()
