"""Webhooks upon a real Valkey, and an endpoint that takes everything."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import ClientOf
from tests.unit.webhooks.receiver import Receiver, receiver
from tests.unit.webhooks.world import World


@pytest.fixture
def world(redis_of: ClientOf) -> World:
    return World(redis_of)


@pytest.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiver() as opened:
        yield opened
