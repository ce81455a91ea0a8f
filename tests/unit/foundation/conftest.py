"""What the tests of the foundation may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.foundation.notes_service import client


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as one:
        yield one
