"""Shipping's state in Redis. Every operation is one round trip.

    {shipping}:version           string  names the state of the methods; every batch gives a new one
    {shipping}:methods           hash    method id -> ShippingMethod as JSON
    {shipping}:batches           hash    batch -> number of rows it brought

    {shipping}:cart:<id>         hash    consumed (carts' last event's number), cart
                                         (CartLines as JSON), sequence (events published about it);
                                         gone as long after its last event as a cart is

    {shipping}:reservation:<id>  hash    paid, committed: the halves (JSON) of what shipments are
                                         made of; then order_id alone, for which they were made
    {shipping}:order:<id>        list    ids of the order's shipments
    {shipping}:shipment:<id>     hash    shipment (JSON, as created), state (created, dispatched,
                                         delivered), label (JSON), dispatched_at, delivered_at,
                                         failures, sequence (events published about it)
    {shipping}:due               zset    shipments by when to ask the carrier (ms since 1970);
                                         without those that are delivered
    {shipping}:taken             zset    of those, the ones that somebody asks about, by when their
                                         lease lapses (ms of Redis' clock)

    {shipping}:inbox:<00 to ff>  hash    events that took effect, 30 days each (`inbox.lua`)
    {shipping}:events:0 to 15    stream  what is published (foundation's `publishing.py`)

A replica keeps a copy of the methods. A read compares versions, and brings the methods along only
when the copy is not the current one. What concerns shipments is in `shipment_store.py`; they and
the orders they belong to are kept for good, and a half for as long as it takes the other to come.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.foundation.values.ids import new_id
from deployments.shipping.contract import ImportMethods, ShippingMethod
from deployments.shipping.domain.estimates import KEPT, CartLines, KnownCart
from deployments.shipping.events import DeliveryEstimated
from deployments.shipping.shipment_store import SERVICE, ShipmentStore

_VERSION = "{shipping}:version"
_METHODS = "{shipping}:methods"
_BATCHES = "{shipping}:batches"
_CART = "{shipping}:cart:"
_NOTHING_READ = "nothing read yet"
_KEPT_SECONDS = int(KEPT.total_seconds())
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"

Methods = tuple[ShippingMethod, ...]


class ShippingStore:
    """Methods, carts as far as events told of them, and shipments, as the service's own user."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._read = script(redis, _LUA / "read_methods.lua")
        self._import = script(redis, _LUA / "import_methods.lua")
        self._estimate = script(redis, _LUA / "estimate.lua", "inbox", "publish")
        self._copy: tuple[str, Methods] = (_NOTHING_READ, ())
        self.shipments = ShipmentStore(redis)

    async def methods(self) -> Methods:
        """The current methods."""
        known, methods = self._copy
        version, *rows = await self._read(keys=[_VERSION, _METHODS], args=[known])
        if rows:
            methods = tuple(map(ShippingMethod.model_validate_json, cast(list[str], rows[0])))
            self._copy = (version, methods)
        return methods

    async def import_methods(self, batch: ImportMethods) -> int:
        """Take in a batch; the number of its rows, 0 when it was taken in before."""
        rows = json.dumps([(method.id, method.model_dump_json()) for method in batch.methods])
        keys = [_BATCHES, _VERSION, _METHODS]
        args = [batch.batch, new_id("methods"), rows]
        return cast(int, await self._import(keys=keys, args=args))

    async def cart(self, cart_id: str) -> KnownCart:
        """What events have told of a cart."""
        found = await self._redis.hmget(_CART + cart_id, ["consumed", "cart"])
        consumed, cart = cast(list[str | None], found)
        if consumed is None or cart is None:
            return KnownCart()
        return KnownCart(consumed=int(consumed), cart=CartLines.model_validate_json(cart))

    async def estimate(
        self,
        cart_id: str,
        known: KnownCart,
        becomes: KnownCart,
        estimate: DeliveryEstimated | None,
        *,
        event_id: str,
        now: datetime,
    ) -> bool:
        """Keep what a cart has become and publish its delivery, if there is any, once.

        False if it is not as it was known any more: then nothing is changed.
        """
        kept = await self._estimate(
            keys=[inbox_key(SERVICE, event_id), _CART + cart_id, *_STREAMS],
            args=[
                *(cart_id, known.consumed, becomes.consumed, becomes.cart.model_dump_json()),
                _KEPT_SECONDS,
                "" if estimate is None else estimate.model_dump_json(),
                occasion(SERVICE, now),
            ],
        )
        return bool(kept)
