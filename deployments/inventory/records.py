"""What is stored of reservations, record by record, for whoever checks the books."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.inventory.contract import Allocation
from deployments.inventory.store import HOLDS, RESERVATION

_ALLOCATIONS: TypeAdapter[tuple[Allocation, ...]] = TypeAdapter(tuple[Allocation, ...])


class ReservationRecord(NamedTuple):
    """What is stored of a reservation.

    `state` is none where there is none, `allocations` also where they cannot be read, and `lapses`
    (ms since 1970) where it is not among the holds.
    """

    key: str
    state: str | None
    allocations: tuple[Allocation, ...] | None
    lapses: float | None

    @property
    def is_open(self) -> bool:
        """Whether it sets units aside."""
        return self.state in {"held", "allocated"}


class ReservationRecords:
    """Reservations of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """All reservations that are open, or were until a week ago, in batches."""
        return names(self._redis, RESERVATION)

    async def records(self, ids: Sequence[str]) -> dict[str, ReservationRecord]:
        """What is stored under each of these ids, at one moment."""
        if not ids:
            return {}
        async with self._redis.pipeline(transaction=True) as pipe:
            for id_ in ids:
                pipe.hmget(RESERVATION + id_, ["state", "allocations"])
            pipe.zmscore(HOLDS, list(ids))
            *found, holds = await pipe.execute()
        return {
            id_: ReservationRecord(RESERVATION + id_, state, _allocations(written), lapses)
            for id_, (state, written), lapses in zip(ids, found, holds, strict=True)
        }


def _allocations(written: str | None) -> tuple[Allocation, ...] | None:
    try:
        return _ALLOCATIONS.validate_json(written or "")
    except ValidationError:
        return None
