"""What every test may ask for: a real Valkey with clients of it, and the whole store, running."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import hypothesis
import pytest
from redis.asyncio import Redis

from deployments.datastore.users import set_user
from deployments.foundation.redis.connection import password
from deployments.topology import SERVICES
from tests.integration.running_store import RunningStore
from tests.valkey import valkey_server

# How long an example takes says more of what else this machine does than of the code.
hypothesis.settings.register_profile(
    "fieldhouse", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fieldhouse")

SECRET = "a secret for tests"  # noqa: S105 - it guards an empty server.
ClientOf = Callable[[str], Redis]


@pytest.fixture(scope="session")
def valkey_socket() -> Iterator[Path]:
    """One server for the whole run."""
    with (
        tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory,
        valkey_server(Path(directory)) as socket,
    ):
        yield socket


@pytest.fixture
async def admin(valkey_socket: Path) -> AsyncIterator[Redis]:
    """An all-powerful client of an empty server that knows every service's user."""
    async with Redis(unix_socket_path=str(valkey_socket), decode_responses=True) as client:
        await client.flushall()
        for service in SERVICES:
            await client.execute_command(*set_user(service, SECRET))
        yield client


@pytest.fixture
async def redis_of(admin: Redis, valkey_socket: Path) -> AsyncIterator[ClientOf]:
    """Clients by service, each limited by the service's ACL as in production."""
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


@pytest.fixture(scope="session")
def store() -> Iterator[RunningStore]:
    """The store from the real serve_config.yaml; when all tests are done nothing of it is left."""
    # Beside no other test's files: a unix socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    running = RunningStore(directory / "data", directory / "output")
    running.start()
    yield running
    assert running.stop() == 0, running.tell()
    assert running.left_behind() == []
    shutil.rmtree(running.scratch)
    shutil.rmtree(directory)
