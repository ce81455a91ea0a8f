"""A Redis behind TLS is entered by `rediss://`, if its certificate is trusted."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from commands import preflight
from commands.run_settings import CannotRunError
from deployments.datastore.provisioning import create_users
from deployments.foundation.redis.connection import client, connect_redis
from deployments.topology import USERS
from tests.conftest import SECRET
from tests.tls_terminator import terminated
from tests.unit.notifications.certificate import certificate, server_side


@pytest.fixture
def trusted() -> Iterator[Path]:
    """The certificate of the server, which its clients are to trust."""
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory:
        yield certificate(Path(directory))


@pytest.fixture
async def port(admin: Redis, valkey_socket: Path, trusted: Path) -> AsyncIterator[int]:
    """Where TLS is spoken to a server that knows no service."""
    await admin.execute_command("ACL", "DELUSER", *USERS)
    await admin.execute_command("ACL", "SETUSER", "shop", "reset", "on", ">pw", "~*", "&*", "+@all")
    async with terminated(valkey_socket, server_side(trusted)) as port:
        yield port


async def test_services_enter_over_tls_as_their_own_users(
    monkeypatch: pytest.MonkeyPatch, port: int, trusted: Path
) -> None:
    url = f"rediss://shop:pw@127.0.0.1:{port}?ssl_ca_certs={trusted}"
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    await asyncio.to_thread(preflight.check_redis)
    await create_users(url, SECRET)
    async with await connect_redis("orders", seconds=30) as orders:
        assert await orders.acl_whoami() == "orders"
        assert await orders.set("{orders}:test", "1")


async def test_a_certificate_that_nobody_trusts_is_refused(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setenv("REDIS_URL", f"rediss://shop:pw@127.0.0.1:{port}")
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET", raising=False)
    async with client("orders", retries=0) as orders:
        with pytest.raises(RedisConnectionError, match="certificate verify failed"):
            await orders.ping()
    with pytest.raises(CannotRunError, match="certificate verify failed"):
        await asyncio.to_thread(preflight.check_redis)
