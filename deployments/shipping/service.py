"""Shipping's contract, answered."""

from __future__ import annotations

from deployments.foundation.clock import Clock, utc_now
from deployments.shipping.contract import (
    ImportMethods,
    MethodsImported,
    RateShipment,
    ShippingOptions,
)
from deployments.shipping.domain import country_of, options_for
from deployments.shipping.store import ShippingStore


class ShippingService:
    """One method per contract method; each is one Redis round trip at most and no handle call."""

    def __init__(self, store: ShippingStore, clock: Clock = utc_now) -> None:
        self._store, self._clock = store, clock

    async def options(self, request: RateShipment) -> ShippingOptions:
        """Every method that serves the destination's zone, priced and dated from now."""
        country = country_of(request.destination.country)
        methods = await self._store.methods()
        return options_for(country, methods, request.lines, self._clock())

    async def import_methods(self, request: ImportMethods) -> MethodsImported:
        """Take in a batch, once; a method of the same id replaces the older one."""
        return MethodsImported(count=await self._store.import_methods(request))
