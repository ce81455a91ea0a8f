"""What an operator watches of purchases: what was sold, what was undone, what is under way."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from redis.asyncio import Redis

from deployments.checkout.contract import Session
from deployments.checkout.replies import Saga
from deployments.checkout.store import ACTIVE, PARKED, saga_key
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.meter import UNMEASURED, Meter

_STAGES = ("reserving", "authorising", "placing", "settling", "undoing", "undo_failed")
_MOST = 1000
"""Sagas that are looked at: with more under way, how many are in which stage is a sample."""


class PurchaseMetrics:
    """Outcomes of purchases, each counted by the driver that wrote it down."""

    def __init__(self, meter: Meter = UNMEASURED) -> None:
        self._orders = meter.counter("fieldhouse_orders_total", "Orders placed.", ("currency",))
        self._revenue = meter.counter(
            "fieldhouse_revenue_minor_units_total",
            "Totals of orders placed, in minor units of their currency.",
            ("currency",),
        )
        self._undone = meter.counter(
            "fieldhouse_purchases_undone_total",
            "Purchases that came to nothing, by the rejection's code; technical without one.",
            ("reason",),
        )

    def answered(self, saga: Saga, session: Session) -> None:
        """A purchase has its outcome."""
        if session.status == "completed":
            self._orders.inc(session.currency)
            self._revenue.inc(session.currency, by=session.priced.totals.total)
        else:
            reason = saga.rejection[0] if saga.rejection is not None else "technical"
            self._undone.inc(reason)


class SagaMetrics:
    """Sagas under way by stage. Every process shows those of the whole store."""

    def __init__(self, redis: Redis, meter: Meter, clock: Clock) -> None:
        self._redis, self._clock = redis, clock
        self._sagas = meter.gauge("fieldhouse_sagas", "Sagas under way, by stage.", ("stage",))
        self._oldest = meter.gauge(
            "fieldhouse_oldest_saga_seconds", "Age of the oldest saga under way.", ("stage",)
        )
        self._parked = meter.gauge("fieldhouse_sagas_parked", "Sagas that wait for an operator.")

    async def show(self) -> None:
        """The present state: two round trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(PARKED)
            pipe.zrange(ACTIVE, 0, _MOST - 1)
            parked, ids = cast(tuple[int, list[str]], await pipe.execute())
        self._parked.set(parked)
        began = await self._began(ids)
        now = self._clock().timestamp() * 1000
        for stage in _STAGES:
            self._sagas.set(len(began[stage]), stage)
            oldest = min(began[stage], default=now)
            self._oldest.set(max(0.0, now - oldest) / 1000, stage)

    async def _began(self, ids: list[str]) -> dict[str, list[float]]:
        """By stage, when its sagas began, in ms since 1970."""
        began: dict[str, list[float]] = defaultdict(list)
        if ids:
            async with self._redis.pipeline(transaction=False) as pipe:
                for id_ in ids:
                    pipe.hmget(saga_key(id_), ["stage", "started_at"])
                found = await pipe.execute()
            for stage, started_at in found:
                if stage in _STAGES:
                    began[stage].append(float(started_at or 0))
        return began
