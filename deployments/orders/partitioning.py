"""Groups the keys of a store's orders by partition, while nobody uses them.

Whatever ends it, it goes on when it is run again: nothing is taken away before it is where it
belongs, and an order only after all that is found by it. Afterwards a release that knows of no
partitions places no orders here: it cannot count on from what is left of the last label.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.foundation.redis.copying import copy_keys
from deployments.foundation.redis.layouts import note_layout, stored_layout
from deployments.foundation.redis.migrating import documents_are, version_key
from deployments.foundation.values.partitions import Layout
from deployments.orders.earlier_orders import VERSION
from deployments.orders.keys import SERVICE, WHOLE, OrderKeys, payment_key, prefix

_GROUPED = Layout(SERVICE, partitioned=True)
_OLD = WHOLE.tags()[0]
_AT_ONCE = 200
_CLOSED = "partitioned"
"""What is left in place of the last label."""


class NotMigratedError(Exception):
    """Some orders may have an earlier version, which is not grouped."""


class OrdersPartitioning:
    """That of one Redis, entered as somebody who may do everything there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def run(self) -> int:
        """Group all, and say how many orders were moved. Raises `NotMigratedError`."""
        stored = await stored_layout(self._redis, SERVICE)
        if stored == "partitioned":
            return 0
        if stored == "whole":
            await self._check_version()
            await note_layout(self._redis, SERVICE, "partitioning")
        await self._close_labels()
        await self._split_lists()
        moved = await self._move_orders()
        await self._move_payments()
        await self._spread_steps()
        await self._drop_inbox()
        for old, new in zip(WHOLE.streams(), _GROUPED.streams(), strict=True):
            await self._move([(old, new)])
        await note_layout(self._redis, SERVICE, "partitioned")
        return moved

    async def _check_version(self) -> None:
        any_placed = await self._redis.exists(_old("").labels)
        if any_placed and not await documents_are(self._redis, SERVICE, VERSION):
            raise NotMigratedError("Some orders have an earlier version.")
        await self._redis.set(version_key(SERVICE), VERSION)

    async def _close_labels(self) -> None:
        """Labels go on above the last one, in every partition."""
        last = await self._redis.get(_old("").labels)
        if last == _CLOSED:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for tag in _GROUPED.tags():
                pipe.set(OrderKeys(tag, "").labels, last or 0)
            await pipe.execute()
        await self._redis.set(_old("").labels, _CLOSED)

    async def _split_lists(self) -> None:
        """Each partition lists its own orders."""
        await self._split(_old("").numbers)
        async for platforms in names(self._redis, prefix(_OLD, "platform"), at_once=_AT_ONCE):
            for platform in platforms:
                await self._split(_old("").platform(platform))

    async def _split(self, old: str) -> None:
        """A list with the service's own tag: there is one of its name in each partition."""
        cursor = 0
        while True:
            page = await self._redis.zscan(old, cursor, count=_AT_ONCE)
            cursor, listed = cast(tuple[int, list[tuple[str, float]]], page)
            async with self._redis.pipeline(transaction=False) as pipe:
                for order_id, score in listed:
                    pipe.zadd(old.replace(_OLD, _GROUPED.tag(order_id), 1), {order_id: score})
                await pipe.execute()
            if not cursor:
                break
        await self._redis.unlink(old)

    async def _move_orders(self) -> int:
        moved = 0
        async for order_ids in names(self._redis, prefix(_OLD, "order"), at_once=_AT_ONCE):
            steps = await self._placed_by(order_ids)
            pairs = [(_old(id_), _new(id_)) for id_ in order_ids]
            await self._move(
                (old.step(step), new.step(step))
                for (old, new), step in zip(pairs, steps, strict=True)
                if step is not None
            )
            await self._move((old.history, new.history) for old, new in pairs)
            await self._move((old.order, new.order) for old, new in pairs)
            moved += len(order_ids)
        return moved

    async def _placed_by(self, order_ids: Iterable[str]) -> list[str | None]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.hget(_old(order_id).order, "placed_by")
            return cast(list[str | None], await pipe.execute())

    async def _move_payments(self) -> None:
        async for payments in names(self._redis, prefix(_OLD, "payment"), at_once=_AT_ONCE):
            async with self._redis.pipeline(transaction=False) as pipe:
                for payment in payments:
                    pipe.get(payment_key(_OLD, payment))
                order_ids = await pipe.execute()
            await self._move(
                (payment_key(_OLD, payment), _new(order_id).payment(payment))
                for payment, order_id in zip(payments, order_ids, strict=True)
                if order_id is not None
            )

    async def _spread_steps(self) -> None:
        """Steps that were undone before they placed anything: nobody knows of which order."""
        async for steps in names(self._redis, prefix(_OLD, "step"), at_once=_AT_ONCE):
            for tag in _GROUPED.tags():
                copies = [(_old("").step(step), OrderKeys(tag, "").step(step)) for step in steps]
                await copy_keys(self._redis, self._redis, copies)
            await self._redis.unlink(*(_old("").step(step) for step in steps))

    async def _drop_inbox(self) -> None:
        """No event that took effect is delivered again: each was acknowledged before this began."""
        async for buckets in names(self._redis, prefix(_OLD, "inbox"), at_once=_AT_ONCE):
            await self._redis.unlink(*(f"{prefix(_OLD, 'inbox')}{bucket}" for bucket in buckets))

    async def _move(self, names: Iterable[tuple[str, str]]) -> None:
        pairs = list(names)
        if await copy_keys(self._redis, self._redis, pairs):
            await self._redis.unlink(*(old for old, _ in pairs))


def _old(order_id: str) -> OrderKeys:
    return OrderKeys.of(order_id, WHOLE)


def _new(order_id: str) -> OrderKeys:
    return OrderKeys.of(order_id, _GROUPED)
