"""Payments as a Serve application: no public routes, answers other services only."""

from __future__ import annotations

from ray import serve

from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.serving import Serving
from deployments.payments.contract import PaymentsApi
from deployments.payments.provider import Providers
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.payments.service import PaymentsService
from deployments.payments.store import PaymentsStore


@serve.deployment
class Payments(Serving):
    """One replica of payments."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis("payments")
        providers = Providers([SandboxProvider(SandboxBooks(redis))])
        self.expose(PaymentsApi, PaymentsService(PaymentsStore(redis), providers), redis)


app = Payments.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
