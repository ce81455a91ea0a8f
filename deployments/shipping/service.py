"""Shipping's contract, answered, and what it makes of what it consumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from deployments.carts.events import LineEvent
from deployments.foundation.values.clock import Clock, utc_now
from deployments.inventory.events import StockCommitted
from deployments.orders.events import OrderPaid
from deployments.shipping.carrier import Carriers
from deployments.shipping.contract import (
    Advanced,
    AdvanceShipments,
    ImportMethods,
    MethodsImported,
    RateShipment,
    ShippingOptions,
)
from deployments.shipping.domain.estimates import (
    CartLines,
    KnownCart,
    estimate,
    with_line,
    without_line,
)
from deployments.shipping.domain.rates import country_of, options_for
from deployments.shipping.domain.shipments import committed_half, paid_half, shipments_of
from deployments.shipping.shipment_store import Halves
from deployments.shipping.store import ShippingStore
from deployments.shipping.tracking import Tracking


class ConsumedEvent(NamedTuple):
    """An event's id, and its number among those of its subject."""

    event_id: str
    number: int


class ShippingService:
    """One method per contract method and per event that is consumed.

    Redis round trips: one for options and imports, two or three for a line of a cart, one for the
    first half of a shipment and two for the second. No handle call. Without `carriers` it serves
    everything but `advance`.
    """

    def __init__(
        self, store: ShippingStore, clock: Clock = utc_now, carriers: Carriers | None = None
    ) -> None:
        self._store, self._clock = store, clock
        self._tracking = Tracking(store.shipments, carriers or Carriers(()), clock)

    async def options(self, request: RateShipment) -> ShippingOptions:
        """Every method that serves the destination's zone, priced and dated from now."""
        country = country_of(request.destination.country)
        methods = await self._store.methods()
        return options_for(country, methods, request.lines, self._clock())

    async def import_methods(self, request: ImportMethods) -> MethodsImported:
        """Take in a batch, once; a method of the same id replaces the older one."""
        return MethodsImported(count=await self._store.import_methods(request))

    async def advance(self, request: AdvanceShipments) -> Advanced:
        """See `ShippingApi`."""
        return await self._tracking.advance(request.limit)

    # Estimates

    async def line_is(self, consumed: ConsumedEvent, line: LineEvent) -> None:
        """A cart has this line, new or changed: publish how the cart can be delivered."""
        await self._consume(consumed, line.cart_id, lambda cart: with_line(cart, line))

    async def line_is_gone(self, consumed: ConsumedEvent, line: LineEvent) -> None:
        """A cart has lost this line: publish how the rest can be delivered, if there is any."""
        await self._consume(consumed, line.cart_id, lambda cart: without_line(cart, line))

    async def cart_is_gone(self, consumed: ConsumedEvent, cart_id: str) -> None:
        """Forget what a cart held."""
        await self._consume(consumed, cart_id, lambda _: CartLines())

    async def _consume(
        self, consumed: ConsumedEvent, cart_id: str, change: Callable[[CartLines], CartLines]
    ) -> None:
        """Take a change into account. Against another handler of the cart the later event wins."""
        while (known := await self._store.cart(cart_id)).consumed < consumed.number:
            cart = change(known.before(consumed.number))
            if await self._become(cart_id, known, cart, consumed):
                return

    async def _become(
        self, cart_id: str, known: KnownCart, cart: CartLines, consumed: ConsumedEvent
    ) -> bool:
        now = self._clock()
        methods = await self._store.methods() if cart.lines else ()
        becomes = KnownCart(consumed=consumed.number, cart=cart)
        said = estimate(cart_id, becomes, methods, now)
        return await self._store.estimate(
            cart_id, known, becomes, said, event_id=consumed.event_id, now=now
        )

    # Shipments

    async def order_paid(self, event_id: str, event: OrderPaid) -> None:
        """An order may be shipped. Makes its shipments if its units are committed already.

        Raises `HalvesDisagreeError`.
        """
        halves = await self._store.shipments.paid(paid_half(event), event_id)
        await self._ship(event_id, halves)

    async def stock_committed(self, event_id: str, event: StockCommitted) -> None:
        """Units are sold. Makes the shipments if their order is paid already.

        Raises `HalvesDisagreeError`.
        """
        committed = committed_half(event)
        halves = await self._store.shipments.committed(event.reservation_id, committed, event_id)
        await self._ship(event_id, halves)

    async def _ship(self, event_id: str, halves: Halves | None) -> None:
        if halves is None:
            return
        now = self._clock()
        shipments = shipments_of(*halves, now)
        await self._store.shipments.create(halves.paid, shipments, event_id, now)
