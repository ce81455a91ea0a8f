"""On an external Redis the services' users are created, or the URL's credentials used as given."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from deployments.datastore.duties import duties
from deployments.datastore.provisioning import provisioning
from deployments.datastore.server import ValkeyServer
from deployments.foundation.events.loop import Loop
from deployments.foundation.redis.connection import client, connect_redis
from deployments.topology import USERS


@pytest.fixture
async def url(monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path) -> str:
    """A server that knows no service yet, and that the environment names."""
    await admin.execute_command("ACL", "DELUSER", *USERS)
    await admin.execute_command("ACL", "SETUSER", "shop", "reset", "on", ">pw", "~*", "+@all")
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET", raising=False)
    monkeypatch.setenv("REDIS_URL", f"unix://shop:pw@{valkey_socket}")
    return f"unix://shop:pw@{valkey_socket}"


async def test_every_service_gets_its_own_user(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "shared")
    for _ in range(2):
        assert await provisioning(url, "shared")() is False
    async with await connect_redis("orders", seconds=30) as orders:
        assert await orders.set("{orders}:test", 1)
        with pytest.raises(NoPermissionError):
            await orders.get("{payments}:test")
    async with await connect_redis("datastore", seconds=30) as datastore:
        assert await datastore.ping()


async def test_a_service_with_a_server_of_its_own_gets_no_user_on_the_shared_one(
    monkeypatch: pytest.MonkeyPatch, url: str, admin: Redis
) -> None:
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "shared")
    monkeypatch.setenv("CATALOG_REDIS_URL", url)
    await provisioning(url, "shared")()
    assert {"carts", "catalog"} & set(await admin.acl_users()) == {"carts"}
    # Its own URL's credentials hold, whatever the shared secret.
    async with client("catalog") as catalog:
        assert await catalog.acl_whoami() == "shop"


async def test_without_a_secret_the_credentials_of_the_url_hold(
    monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path
) -> None:
    # What an embedded server once left behind has nothing to say here.
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    (tmp_path / "redis-secret").write_text("left behind")
    assert duties() == []
    async with await connect_redis("orders", seconds=30) as orders:
        assert await orders.acl_whoami() == "shop"


async def test_a_user_that_may_not_create_users_is_told_what_to_do(
    admin: Redis, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await admin.execute_command("ACL", "SETUSER", "shop", "-acl")
    await provisioning(url, "shared")()
    (record,) = caplog.records
    assert "may not create the services' users" in record.getMessage()
    assert "pw" not in record.getMessage()


def test_the_actor_does_what_the_environment_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET", raising=False)
    monkeypatch.delenv("ORDERS_REDIS_URL", raising=False)
    assert [type(duty) for duty in duties()] == [ValkeyServer]
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "shared")
    assert [type(duty) for duty in duties()] == [ValkeyServer]
    monkeypatch.setenv("ORDERS_REDIS_URL", "redis://orders.invalid")
    assert [type(duty) for duty in duties()] == [ValkeyServer, Loop]
    monkeypatch.setenv("REDIS_URL", "redis://example.invalid")
    assert [type(duty) for duty in duties()] == [Loop]
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET")
    assert duties() == []
