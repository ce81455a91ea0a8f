"""Checkout among its dependencies, with something on the shelves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deployments.foundation.rpc.detach import finish_detached
from tests.conftest import ClientOf
from tests.unit.checkout.services import Services


@pytest.fixture
async def services(redis_of: ClientOf) -> AsyncIterator[Services]:
    """All services on an empty Redis, stocked."""
    services = Services(redis_of)
    await services.stock()
    yield services
    await finish_detached()
