"""What the tests of imports may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import ClientOf
from tests.unit.backoffice.imports.shop import Shop


@pytest.fixture
async def shop(redis_of: ClientOf) -> AsyncIterator[Shop]:
    """A shop with all that is shipped."""
    shop = Shop(redis_of)
    await shop.host.start(consume=False)
    yield shop
    await shop.host.stop()
