"""What a subscriber has not settled: unread, pending and dead, however much it is."""

from __future__ import annotations

from typing import Any, cast

import pytest
from redis.asyncio import Redis

from commands.audit.subscriptions import outstanding
from deployments.foundation.events.keys import READER, dead_letters_key
from deployments.foundation.events.publishing import Envelope, schema_of, stream_of
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from tests.conftest import ClientOf

MANY = 1201
"""More than is read at once, twice."""


def event(subject: str) -> str:
    return Envelope(
        specversion="1.0",
        id=f"event_{subject}",
        source="/services/payments",
        type=PaymentCaptured.type,
        subject=subject,
        time="2026-06-01T12:00:00Z",  # type: ignore[arg-type] # As it is on the wire.
        dataschema=schema_of(PaymentCaptured.type),
        datacontenttype="application/json",
        sequence=1,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={},
    ).model_dump_json()


@pytest.fixture
async def subjects(admin: Redis) -> list[str]:
    """Payments that were captured, as it was published."""
    names = [f"payment_{n}" for n in range(MANY)]
    async with admin.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.xadd(stream_of("payments", name), {"event": event(name)})
        await pipe.execute()
    return names


async def read(admin: Redis, subjects: list[str], *, acknowledge: bool) -> None:
    """Deliver everything to orders' readers."""
    for stream in {stream_of("payments", name) for name in subjects}:
        await admin.xgroup_create(stream, "orders", id="0")
        found = cast(Any, await admin.xreadgroup("orders", READER, {stream: ">"}))
        if acknowledge:
            await admin.xack(stream, "orders", *[entry for entry, _ in found[0][1]])


async def left(redis_of: ClientOf, subjects: list[str]) -> list[str]:
    found = await outstanding(redis_of, "orders")
    assert not any(found.has(PaymentRefunded, name) for name in subjects)
    return [name for name in subjects if found.has(PaymentCaptured, name)]


async def test_without_a_reader_everything_is_outstanding(
    redis_of: ClientOf, subjects: list[str]
) -> None:
    assert await left(redis_of, subjects) == subjects


async def test_what_is_delivered_is_outstanding_until_it_is_acknowledged(
    redis_of: ClientOf, admin: Redis, subjects: list[str]
) -> None:
    await read(admin, subjects, acknowledge=False)
    assert await left(redis_of, subjects) == subjects


async def test_what_is_acknowledged_is_not_outstanding(
    redis_of: ClientOf, admin: Redis, subjects: list[str]
) -> None:
    await read(admin, subjects, acknowledge=True)
    assert await left(redis_of, subjects) == []
    await admin.xadd(stream_of("payments", subjects[7]), {"event": event(subjects[7])})
    assert await left(redis_of, subjects) == [subjects[7]]


async def test_what_is_dead_is_outstanding_until_it_is_dropped(
    redis_of: ClientOf, admin: Redis, subjects: list[str]
) -> None:
    await read(admin, subjects, acknowledge=True)
    dead = subjects[::2]
    for name in dead:
        fields = {"publisher": "payments", "partition": "1", "entry": "1-1", "event": event(name)}
        letter = fields | {"error": "planted", "attempts": "12", "failed_at": "1"}
        await admin.xadd(dead_letters_key("orders"), cast(Any, letter))
    assert await left(redis_of, subjects) == dead
    await admin.delete(dead_letters_key("orders"))
    assert await left(redis_of, subjects) == []


async def test_what_cannot_be_read_explains_nothing(redis_of: ClientOf, admin: Redis) -> None:
    await admin.xadd("{payments}:events:0", {"event": "nothing"})
    assert (await outstanding(redis_of, "orders")).events == frozenset()
