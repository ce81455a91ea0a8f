"""Pricing composed as in production, but for a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore
from tests.conftest import ClientOf
from tests.unit.pricing.sample_rules import NOW

Replica = Callable[[], PricingService]


@pytest.fixture
def replica(redis_of: ClientOf) -> Replica:
    """Another replica at every call, all on one Redis."""
    return lambda: PricingService(PricingStore(redis_of("pricing")), lambda: NOW)


@pytest.fixture
def pricing(replica: Replica) -> PricingService:
    return replica()
