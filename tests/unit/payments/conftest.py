"""What the tests of payments may ask for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.payments.world import World


@pytest.fixture
def world(redis_of: ClientOf) -> World:
    return World(redis_of("payments"))
