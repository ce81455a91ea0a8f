"""A subscriber may read what it subscribes to, on the publisher's own server, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from deployments.datastore.provisioning import provisioning
from deployments.datastore.server import configuration
from deployments.foundation.events.lag import LagMeter
from deployments.foundation.redis.connection import client, connect_redis
from deployments.topology import SERVICES, SUBSCRIPTIONS, subscribers_of
from tests.conftest import SECRET, ClientOf
from tests.unit.consuming.sample_services import SamplePublisher, SampleSubscriber, subjects
from tests.valkey import valkey_server

TABLE = {"shipping": ("orders",), "orders": ("shipping",)}


@pytest.mark.parametrize(
    "command",
    [
        "GET {publisher}:secret",
        "HGETALL {publisher}:counters",
        "XADD {publisher}:events:0 * event x",
        "XDEL {publisher}:events:0 1-1",
        "XTRIM {publisher}:events:0 MAXLEN 0",
        "DEL {publisher}:events:0",
        "EXPIRE {publisher}:events:0 1",
        "RENAME {publisher}:events:0 {subscriber}:mine",
        "COPY {publisher}:events:0 {subscriber}:mine",
        "XGROUP DESTROY {publisher}:events:0 subscriber",
        "XGROUP SETID {publisher}:events:0 subscriber 0",
        "XGROUP DELCONSUMER {publisher}:events:0 subscriber reader",
        "XINFO STREAM {publisher}:events:0",
        "XRANGE {publisher}:counters - +",
        "XREADGROUP GROUP subscriber reader STREAMS {oven}:events:0 >",
        "XRANGE {oven}:events:0 - +",
    ],
)
async def test_nothing_but_reading_its_streams_is_allowed(
    publisher: SamplePublisher, subscriber: SampleSubscriber, command: str
) -> None:
    await publisher.redis.set("{publisher}:secret", "42")
    await publisher.publish(*subjects(20))
    with pytest.raises(NoPermissionError):
        await subscriber.at_publisher().execute_command(*command.split())


async def test_a_publisher_may_not_read_its_subscriber(publisher: SamplePublisher) -> None:
    with pytest.raises(NoPermissionError):
        await publisher.redis.xrange("{subscriber}:dead-letters")


async def test_real_subscribers_may_read_what_the_table_says(redis_of: ClientOf) -> None:
    for service in SERVICES:
        for publisher in SERVICES:
            stream = f"{{{publisher}}}:events:0"
            if service == publisher or publisher in SUBSCRIPTIONS.get(service, ()):
                assert await redis_of(service).xgroup_create(stream, service, mkstream=True)
            else:
                with pytest.raises(NoPermissionError):
                    await redis_of(service).xgroup_create(stream, service, mkstream=True)


def test_the_embedded_server_knows_the_subscriptions(tmp_path: Path) -> None:
    lines = configuration(tmp_path, tmp_path / "socket", SECRET).splitlines()
    for subscriber, read in SUBSCRIPTIONS.items():
        (line,) = [line for line in lines if line.startswith(f"user {subscriber} ")]
        assert all(f"(~{{{publisher}}}:events:* +" in line for publisher in read)
    assert subscribers_of("no such publisher") == []


@pytest.fixture
async def other_server() -> AsyncIterator[Path]:
    """A server of the publisher's own."""
    with (
        tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory,
        valkey_server(Path(directory)) as socket,
    ):
        async with Redis(unix_socket_path=str(socket)) as admin:
            await admin.execute_command(
                "ACL", "SETUSER", "owner", "reset", "on", ">pw", "allkeys", "+@all"
            )
            yield socket


async def test_the_publishers_own_server_is_read(
    monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path, other_server: Path
) -> None:
    shared = f"unix://{valkey_socket}"
    monkeypatch.setenv("REDIS_URL", shared)
    monkeypatch.setenv("ORDERS_REDIS_URL", f"unix://owner:pw@{other_server}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    await provisioning(shared, SECRET, TABLE)()

    async with client("orders") as orders, await connect_redis("shipping", at="orders") as reader:
        await orders.xadd("{orders}:events:0", {"event": "there"})
        assert (await reader.client_info())["user"] == "shipping"
        assert await reader.xlen("{orders}:events:0") == 1
        async with client("shipping") as own:
            (lag,) = await LagMeter("shipping", own, {"orders": reader}).measure()
        assert lag.waiting == 1
        with pytest.raises(NoPermissionError):
            await reader.get("{orders}:order:1")
        with pytest.raises(NoPermissionError):
            await reader.set("{shipping}:here", 1)
    # And the other way: whoever has a server of its own reads on the shared one.
    async with await connect_redis("orders", at="shipping") as reader:
        assert (await reader.client_info())["user"] == "orders"
        assert await reader.xlen("{shipping}:events:0") == 0
        with pytest.raises(NoPermissionError):
            await reader.set("{orders}:here", 1)


async def test_without_a_secret_a_publishers_own_server_is_entered_as_its_url_says(
    monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path, other_server: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("ORDERS_REDIS_URL", f"unix://owner:pw@{other_server}")
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET", raising=False)
    async with client("shipping", at="orders") as reader:
        assert await reader.acl_whoami() == "owner"
    async with client("shipping") as own:
        assert await own.acl_whoami() == "default"


async def test_services_on_one_server_of_their_own_enter_it_as_its_url_says(
    monkeypatch: pytest.MonkeyPatch, other_server: Path
) -> None:
    url = f"unix://owner:pw@{other_server}"
    monkeypatch.setenv("ORDERS_REDIS_URL", url)
    monkeypatch.setenv("SHIPPING_REDIS_URL", url)
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    await provisioning(None, SECRET, TABLE)()
    async with client("shipping", at="orders") as reader:
        assert await reader.acl_whoami() == "owner"
        assert await reader.acl_users() == ["default", "owner"]


async def test_a_reader_that_was_not_created_yet_is_refused_for_now(
    monkeypatch: pytest.MonkeyPatch, other_server: Path
) -> None:
    monkeypatch.setenv("ORDERS_REDIS_URL", f"unix://owner:pw@{other_server}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    async with client("shipping", at="orders", retries=0) as reader:
        with pytest.raises(RedisError):
            await reader.ping()
        await provisioning(None, SECRET, TABLE)()
        assert await reader.ping()
