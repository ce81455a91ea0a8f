"""The sample services on a real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from deployments.datastore.users import rules_of
from deployments.foundation.redis.connection import password
from tests.conftest import SECRET, ClientOf
from tests.unit.consuming.sample_services import (
    SUBSCRIPTIONS,
    RunningConsumer,
    SamplePublisher,
    SampleSubscriber,
)

Run = Callable[[SampleSubscriber], RunningConsumer]


@pytest.fixture(autouse=True)
async def nothing_left_running() -> AsyncIterator[None]:
    """Consumers that a failed test did not end would take the events of the next one."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
async def sample_redis(admin: Redis, valkey_socket: Path) -> AsyncIterator[ClientOf]:
    """Clients of the sample services' users."""
    for user in ("publisher", "subscriber"):
        rules = [*rules_of(user, SUBSCRIPTIONS), f">{password(user, SECRET)}"]
        await admin.execute_command("ACL", "SETUSER", user, *rules)
    async with AsyncExitStack() as stack:

        def client(service: str) -> Redis:
            redis = Redis(
                unix_socket_path=str(valkey_socket),
                username=service,
                password=password(service, SECRET),
                decode_responses=True,
            )
            stack.push_async_callback(redis.aclose)
            return redis

        yield client


@pytest.fixture
def publisher(sample_redis: ClientOf) -> SamplePublisher:
    return SamplePublisher(sample_redis("publisher"))


@pytest.fixture
def subscriber(sample_redis: ClientOf) -> SampleSubscriber:
    return SampleSubscriber(sample_redis("subscriber"), lambda: sample_redis("subscriber"))


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts consumers, and kills them at the end."""
    started: list[RunningConsumer] = []

    def start(subscriber: SampleSubscriber) -> RunningConsumer:
        started.append(RunningConsumer(subscriber.consumer()))
        return started[-1]

    yield start
    for running in started:
        await running.kill()
