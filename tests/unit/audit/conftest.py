"""A store that has sold something."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from tests.conftest import ClientOf
from tests.unit.audit.audited_store import AuditedStore


@pytest.fixture
async def audited(redis_of: ClientOf, admin: Redis) -> AsyncIterator[AuditedStore]:
    """A stocked store with purchases of every kind behind it."""
    audited = AuditedStore(redis_of, admin)
    await audited.open()
    await audited.trade()
    yield audited
    await finish_detached()
