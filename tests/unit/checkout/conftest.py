"""Checkout among its neighbours, with something on the shelves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deployments.foundation.detach import finish_detached
from tests.conftest import ClientOf
from tests.unit.checkout.rooms import Rooms


@pytest.fixture
async def rooms(redis_of: ClientOf) -> AsyncIterator[Rooms]:
    """All rooms on an empty Redis, stocked."""
    rooms = Rooms(redis_of)
    await rooms.stock()
    yield rooms
    await finish_detached()
