"""Shipping as a Serve application: no public routes, answers other rooms only."""

from __future__ import annotations

from ray import serve

from deployments.foundation.redis import connect_redis
from deployments.foundation.serving import Serving
from deployments.shipping.contract import ShippingApi
from deployments.shipping.service import ShippingService
from deployments.shipping.store import ShippingStore


@serve.deployment
class Shipping(Serving):
    """One replica of shipping."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis("shipping")
        self.expose(ShippingApi, ShippingService(ShippingStore(redis)), redis)


app = Shipping.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
