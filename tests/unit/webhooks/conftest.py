"""Webhooks upon a real Valkey, and an endpoint that takes everything."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import ClientOf
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Receiver, receiver


@pytest.fixture
def webhooks(redis_of: ClientOf) -> ComposedWebhooks:
    return ComposedWebhooks(redis_of)


@pytest.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiver() as opened:
        yield opened
