"""`fieldhouse redis-users` prints users that an administrator can load, or creates them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from commands.exit_status import OK, UNUSABLE
from deployments.foundation.redis.connection import connect_redis, password
from deployments.topology import USERS
from tests.command_line import fieldhouse, typed
from tests.conftest import SECRET
from tests.redis_servers import CREDENTIALS, WORD, RedisServer
from tests.unit.datastore.deployed_store import name_redis


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """A server of the operator's own, which the environment names."""
    server = RedisServer(tmp_path / "server").start()
    name_redis(monkeypatch, f"redis://{CREDENTIALS}@127.0.0.1:{server.port}")
    yield server
    server.stop()


async def test_the_lines_are_those_of_an_acl_file_and_tell_no_password(
    server: RedisServer, tmp_path: Path
) -> None:
    printed = await typed("redis-users")
    assert printed.status == OK
    assert CREDENTIALS not in printed.out + printed.err
    assert password("orders", SECRET) not in printed.out
    file = tmp_path / "users.acl"
    file.write_text(f"user operator on ~* &* +@all >{WORD}\n{printed.out}")
    loaded = RedisServer(tmp_path / "loaded", [f"aclfile {file}"], has_users=False).start()
    try:
        with loaded.client() as redis:
            assert set(redis.acl_users()) == {*USERS, "operator", "default"}
        for user in USERS:
            with Redis(port=loaded.port, username=user, password=password(user, SECRET)) as redis:
                assert redis.ping()
    finally:
        loaded.stop()


async def test_they_are_created_on_request(server: RedisServer) -> None:
    assert (await typed("redis-users", "--apply")).status == OK
    async with await connect_redis("orders", seconds=30) as orders:
        assert await orders.acl_whoami() == "orders"
        with pytest.raises(NoPermissionError):
            await orders.get("{payments}:test")


async def test_who_may_not_create_users_is_told(server: RedisServer) -> None:
    server.say("ACL", "SETUSER", "clerk", "on", ">pw", "+@all", "-acl")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REDIS_URL", f"redis://clerk:pw@127.0.0.1:{server.port}")
        refused = await typed("redis-users", "--apply")
    assert refused.status == UNUSABLE
    assert "may not create users" in refused.err


def test_without_a_secret_or_a_server_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET", raising=False)
    assert "FIELDHOUSE_REDIS_SECRET" in fieldhouse("redis-users").err
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    assert "the embedded server has its users" in fieldhouse("redis-users").err
