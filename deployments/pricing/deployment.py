"""Pricing as a Serve application: no public routes, answers other services only."""

from __future__ import annotations

from ray import serve

from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.serving import Serving
from deployments.pricing.contract import PricingApi
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore


@serve.deployment
class Pricing(Serving):
    """One replica of pricing."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis("pricing")
        self.expose(PricingApi, PricingService(PricingStore(redis)), redis)


app = Pricing.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
