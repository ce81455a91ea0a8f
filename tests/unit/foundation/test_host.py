"""The services of one process: what they start, reach, report and end."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import ClassVar, Protocol

import pytest
from redis.asyncio import Redis

from deployments.foundation.events.loop import Loop
from deployments.foundation.events.publishing import Envelope, Event, occasion, schema_of, stream_of
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.events.trimming import trimming
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.placement.consumption import ConsumerEndedError
from deployments.foundation.placement.host import (
    Host,
    LoopEndedError,
    Placed,
    nowhere,
)
from deployments.foundation.redis.availability import RedisAwayError
from deployments.foundation.rpc.calls import ABSENT, DependencyUnavailable
from deployments.foundation.rpc.deadline import remaining, within
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.message import Message
from deployments.foundation.values.meter import UNMEASURED, Meter
from tests.conftest import ClientOf
from tests.eventually import eventually

SUBSCRIBER, PUBLISHER = "carts", "checkout"
HASTY = ConsumerOptions(renew_seconds=0.1, block_seconds=0.05)


class Finished(Event):
    type: ClassVar[str] = "org.fieldhouse.checkout.done.v1"
    subject: ClassVar[str] = "id"
    id: str


class Ask(Message):
    kind: str = "answer"


class SecondsLeft(Message):
    seconds: float


class AskApi(Protocol):
    async def ask(self, request: Ask) -> SecondsLeft: ...


class Declined(Rejection):
    """No."""

    code: ClassVar[str] = "hosttest.declined"


class Asked:
    async def ask(self, request: Ask) -> SecondsLeft:
        if request.kind == "reject":
            raise Declined("No.")
        if request.kind == "bug":
            raise KeyError("nothing")
        if request.kind == "hang":
            await asyncio.Event().wait()
        return SecondsLeft(seconds=remaining(1000))


def placing(name: str, composition: Composition) -> Placed:
    def compose(
        redis: Redis, connect: Connect, *, clock: Clock = utc_now, meter: Meter = UNMEASURED
    ) -> Composition:
        return composition

    return Placed(name, compose)


def hosting(redis_of: ClientOf, composition: Composition, name: str = SUBSCRIBER) -> Host:
    def client(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    return Host([placing(name, composition)], client, nowhere, options=HASTY)


async def publish(admin: Redis, subject: str) -> None:
    event = json.loads(occasion(PUBLISHER, datetime.now(UTC))) | {
        "type": Finished.type,
        "subject": subject,
        "dataschema": schema_of(Finished.type),
        "sequence": f"{1:016}",
        "data": {"id": subject},
    }
    await admin.xadd(stream_of(PUBLISHER, subject), {"event": json.dumps(event)})


async def test_it_consumes_reports_its_lag_and_ends_in_good_order(
    admin: Redis, redis_of: ClientOf
) -> None:
    got: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def handler(event: Envelope) -> None:
        begun.set()
        await go_on.wait()
        got.append(event.subject)

    await publish(admin, "first")
    host = hosting(
        redis_of, Composition(subscriptions=[Subscription(PUBLISHER, {Finished: handler})])
    )
    assert host.waiting == 0
    await host.start()

    async def waits() -> bool:
        return host.waiting == 1

    await eventually(waits)
    await host.check()
    await asyncio.wait_for(begun.wait(), 60)
    ending = asyncio.create_task(host.stop())
    await asyncio.sleep(0)
    go_on.set()
    await ending
    assert got == ["first"]
    pending = await admin.xpending(stream_of(PUBLISHER, "first"), SUBSCRIBER)
    assert pending["pending"] == 0
    assert not [task for task in asyncio.all_tasks() if "consumer" in task.get_name()]


async def test_a_consumer_that_ended_by_itself_makes_it_unhealthy(redis_of: ClientOf) -> None:
    host = hosting(redis_of, Composition(subscriptions=[Subscription(PUBLISHER, {})]))
    await host.start()
    (task,) = [one for one in asyncio.all_tasks() if one.get_name() == "carts's consumer"]
    task.cancel()
    await asyncio.wait([task])
    with pytest.raises(ConsumerEndedError, match="carts's consumer has ended"):
        await host.check()
    await host.stop()


async def test_a_loop_that_ended_by_itself_makes_it_unhealthy(redis_of: ClientOf) -> None:
    async def tick() -> bool:
        return False

    host = hosting(redis_of, Composition(loops=[Loop("a loop", tick, every=60)]))
    await host.start()
    (task,) = [one for one in asyncio.all_tasks() if one.get_name() == "a loop"]
    task.cancel()
    await asyncio.wait([task])
    with pytest.raises(LoopEndedError, match="a loop has ended"):
        await host.check()
    await host.stop()


async def test_a_redis_that_refuses_is_named_by_its_service(
    admin: Redis, redis_of: ClientOf
) -> None:
    host = hosting(redis_of, Composition(subscriptions=[Subscription(PUBLISHER, {})]))
    await host.start()
    await host.check()
    await admin.execute_command("ACL", "SETUSER", SUBSCRIBER, "-ping")
    with pytest.raises(RedisAwayError, match=f"Redis does not answer {SUBSCRIBER}"):
        await host.check()
    await host.stop()


async def test_one_that_never_started_ends_all_the_same(redis_of: ClientOf) -> None:
    await hosting(redis_of, Composition()).stop()


async def test_a_call_in_the_process_has_the_deadline_of_the_work_at_hand(
    redis_of: ClientOf,
) -> None:
    host = hosting(redis_of, Composition(api=AskApi, service=Asked()))
    here = host.connect(AskApi, app=SUBSCRIBER, seconds=3)
    assert 2 < (await here.ask(Ask())).seconds <= 3
    async with within(1):
        assert (await here.ask(Ask())).seconds <= 1
    with pytest.raises(Declined):
        await here.ask(Ask(kind="reject"))
    await host.stop()


@pytest.mark.parametrize(("kind", "as_kind"), [("bug", "failed"), ("hang", "late")])
async def test_what_fails_in_the_process_is_unavailable_as_over_a_handle(
    redis_of: ClientOf, kind: str, as_kind: str
) -> None:
    host = hosting(redis_of, Composition(api=AskApi, service=Asked()))
    here = host.connect(AskApi, app=SUBSCRIBER, seconds=0.2)
    with pytest.raises(DependencyUnavailable) as failure:
        await here.ask(Ask(kind=kind))
    assert failure.value.kind == as_kind
    await host.stop()


async def test_a_service_that_runs_elsewhere_is_absent_here(redis_of: ClientOf) -> None:
    host = hosting(redis_of, Composition(api=AskApi, service=Asked()))
    assert (await host.answer(SUBSCRIBER, "ask", b"{}", 1, None))[0] == "ok"
    assert await host.answer("pricing", "ask", b"{}", 1, None) == (ABSENT, b"")
    with pytest.raises(DependencyUnavailable):
        await host.connect(AskApi, app="pricing").ask(Ask())
    await host.stop()


async def test_a_publisher_trims_its_own_streams(admin: Redis, redis_of: ClientOf) -> None:
    for n in range(500):
        await admin.xadd("{pricing}:events:0", {"event": "old"}, id=f"{n + 1}-0")
    assert await trimming("pricing", redis_of("pricing"), []).tick() is False
    assert await admin.xlen("{pricing}:events:0") < 200
