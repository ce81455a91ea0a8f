"""Pricing composed as in production, but for a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from deployments.foundation.placement.host import nowhere
from deployments.pricing.deployment import compose
from deployments.pricing.service import PricingService
from tests.conftest import ClientOf
from tests.unit.pricing.sample_rules import NOW

Replica = Callable[[], PricingService]


@pytest.fixture
def replica(redis_of: ClientOf) -> Replica:
    """Another replica at every call, all on one Redis."""

    def compose_another() -> PricingService:
        composed = compose(redis_of("pricing"), nowhere, clock=lambda: NOW)
        return cast(PricingService, composed.service)

    return compose_another


@pytest.fixture
def pricing(replica: Replica) -> PricingService:
    return replica()
