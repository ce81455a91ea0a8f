"""What the tests of payments may ask for."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.unit.payments.composed_payments import ComposedPayments


@pytest.fixture
def composed(redis_of: ClientOf) -> ComposedPayments:
    return ComposedPayments(redis_of("payments"))
