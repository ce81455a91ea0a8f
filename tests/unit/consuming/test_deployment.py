"""The base of consuming deployments, without Serve: what it starts, reports and ends."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from redis.asyncio import Redis

from actors.event_trimming import trimming
from deployments.foundation.events.consuming import ConsumerEndedError, Consuming
from deployments.foundation.events.lag_scaling import WAITING
from deployments.foundation.events.publishing import Envelope, Event, occasion, schema_of, stream_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.redis.connection import client
from tests.conftest import SECRET
from tests.unit.consuming.toys import eventually

SUBSCRIBER, PUBLISHER = "carts", "checkout"


class Done(Event):
    type: ClassVar[str] = "org.fieldhouse.checkout.done.v1"
    subject: ClassVar[str] = "id"
    id: str


class Replica(Consuming):
    """A replica that is ended by name, as Serve does it, and by nobody else."""

    end = Consuming.__del__

    def __del__(self) -> None:  # type: ignore[override]
        pass


@pytest.fixture(autouse=True)
async def store(monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path) -> None:
    """The environment names the tests' server."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)


async def publish(admin: Redis, subject: str) -> None:
    event = json.loads(occasion(PUBLISHER, datetime.now(UTC))) | {
        "type": Done.type,
        "subject": subject,
        "dataschema": schema_of(Done.type),
        "sequence": f"{1:016}",
        "data": {"id": subject},
    }
    await admin.xadd(stream_of(PUBLISHER, subject), {"event": json.dumps(event)})


async def test_a_deployment_consumes_reports_its_lag_and_ends_in_good_order(admin: Redis) -> None:
    got: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def handler(event: Envelope) -> None:
        begun.set()
        await go_on.wait()
        got.append(event.subject)

    deployment = Replica()
    assert await deployment.record_autoscaling_stats() == {WAITING: 0.0}
    await publish(admin, "first")
    await deployment.consume(
        SUBSCRIBER, client(SUBSCRIBER), [Subscription(PUBLISHER, {Done: handler})]
    )

    async def waits() -> bool:
        return await deployment.record_autoscaling_stats() == {WAITING: 1.0}

    await eventually(waits)
    await deployment.check_health()
    await asyncio.wait_for(begun.wait(), 60)
    ending = asyncio.create_task(deployment.end())
    await asyncio.sleep(0)
    go_on.set()
    await ending
    assert got == ["first"]
    pending = await admin.xpending(stream_of(PUBLISHER, "first"), SUBSCRIBER)
    assert pending["pending"] == 0
    assert not [task for task in asyncio.all_tasks() if "consumer" in task.get_name()]


async def test_a_consumer_that_ended_by_itself_makes_its_replica_unhealthy() -> None:
    deployment = Replica()
    await deployment.consume(SUBSCRIBER, client(SUBSCRIBER), [Subscription(PUBLISHER, {})])
    task, _ = deployment._tasks  # noqa: SLF001 - as a mistake in the program would end it.
    task.cancel()
    await asyncio.wait([task])
    with pytest.raises(ConsumerEndedError):
        await deployment.check_health()
    await deployment.end()


async def test_a_subscription_that_the_table_lacks_is_refused() -> None:
    deployment = Replica()
    redis = client(SUBSCRIBER)
    with pytest.raises(ValueError, match="SUBSCRIPTIONS"):
        await deployment.consume(SUBSCRIBER, redis, [Subscription("pricing", {})])
    await redis.aclose()


async def test_a_deployment_that_never_started_ends_all_the_same() -> None:
    await Replica().end()


async def test_all_streams_within_reach_are_trimmed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, admin: Redis
) -> None:
    for n in range(500):
        await admin.xadd("{pricing}:events:0", {"event": "old"}, id=f"{n + 1}-0")
    monkeypatch.setenv("CATALOG_REDIS_URL", f"unix://{tmp_path}/nothing")
    with pytest.raises(ExceptionGroup) as failed:
        await trimming()()
    assert len(failed.value.exceptions) == 1
    assert await admin.xlen("{pricing}:events:0") < 200
    monkeypatch.delenv("CATALOG_REDIS_URL")
    assert await trimming()() is False
