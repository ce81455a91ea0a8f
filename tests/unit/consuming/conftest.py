"""The toy services on a real Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from deployments.datastore.users import rules_of
from deployments.foundation.redis.connection import password
from tests.conftest import SECRET, ClientOf
from tests.unit.consuming.toys import TOYS, Mill, Running, Shelf

Run = Callable[[Shelf], Running]


@pytest.fixture
async def toy_redis(admin: Redis, valkey_socket: Path) -> AsyncIterator[ClientOf]:
    """Clients of the toy services' users."""
    for user in ("mill", "shelf"):
        rules = [*rules_of(user, TOYS), f">{password(user, SECRET)}"]
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
def mill(toy_redis: ClientOf) -> Mill:
    return Mill(toy_redis("mill"))


@pytest.fixture
def shelf(toy_redis: ClientOf) -> Shelf:
    return Shelf(toy_redis("shelf"), lambda: toy_redis("shelf"))


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts consumers, and kills them at the end."""
    started: list[Running] = []

    def start(shelf: Shelf) -> Running:
        started.append(Running(shelf.consumer()))
        return started[-1]

    yield start
    for running in started:
        await running.kill()
