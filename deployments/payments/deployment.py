"""Payments' composition root. It has no public routes: other services call it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.events.trimming import trimming
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.payments.contract import PaymentsApi
from deployments.payments.metrics import PaymentMetrics
from deployments.payments.provider import PaymentProvider, Providers
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.payments.sandbox_permission import require_permission
from deployments.payments.service import PaymentsService
from deployments.payments.store import SERVICE, PaymentsStore
from deployments.topology import subscribers_of


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    provider: PaymentProvider | None = None,
) -> Composition:
    """Payments upon its Redis; the provider is the sandbox, unless another is given."""
    if provider is None:
        require_permission()
        provider = SandboxProvider(SandboxBooks(redis))
    return Composition(
        api=PaymentsApi,
        service=PaymentsService(
            PaymentsStore(redis), Providers([provider]), clock, PaymentMetrics(meter)
        ),
        loops=[trimming(SERVICE, redis, subscribers_of(SERVICE))],
    )
