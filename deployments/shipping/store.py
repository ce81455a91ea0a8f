"""Shipping's state in Redis. Every operation is one round trip.

    {shipping}:version   string  names the state of the methods; every batch gives a new one
    {shipping}:methods   hash    method id -> ShippingMethod as JSON
    {shipping}:batches   hash    batch -> number of rows it brought

A replica keeps a copy of the methods. A read compares versions, and brings the methods along only
when the copy is not the current one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.ids import new_id
from deployments.foundation.redis import script
from deployments.shipping.contract import ImportMethods, ShippingMethod

_VERSION = "{shipping}:version"
_METHODS = "{shipping}:methods"
_BATCHES = "{shipping}:batches"
_NOTHING_READ = "nothing read yet"
_HERE = Path(__file__).parent

Methods = tuple[ShippingMethod, ...]


class ShippingStore:
    """Methods, through the service's own Redis user."""

    def __init__(self, redis: Redis) -> None:
        self._read = script(redis, _HERE / "read_methods.lua")
        self._import = script(redis, _HERE / "import_methods.lua")
        self._copy: tuple[str, Methods] = (_NOTHING_READ, ())

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
