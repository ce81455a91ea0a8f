"""The embedded server lets nobody in without a password, loses nothing, and leaves nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, OutOfMemoryError, RedisError

from deployments.datastore.disk_sync import APPEND_ONLY_FILES, keep_synced, sync
from deployments.datastore.memory import machines_memory, server_memory
from deployments.datastore.server import ADMIN, ValkeyServer
from deployments.foundation.redis.connection import client, connect_redis, password, secret
from deployments.foundation.values.settings import settings
from deployments.topology import DATASTORE, SERVICES

WITHIN_SECONDS = 60


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data directory that the environment names, with no other Redis set."""
    for name in (
        "REDIS_URL",
        "FIELDHOUSE_REDIS_SECRET",
        *(f"{s.upper()}_REDIS_URL" for s in SERVICES),
    ):
        monkeypatch.delenv(name, raising=False)
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory:
        monkeypatch.setenv("FIELDHOUSE_DATA", directory)
        yield Path(directory)


@asynccontextmanager
async def embedded() -> AsyncIterator[asyncio.Task[None]]:
    """The server, supervised as the actor does it, until the block ends."""
    task = asyncio.create_task(
        ValkeyServer(settings().data_directory, settings().socket_path).run()
    )
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def entered(user: str) -> AsyncIterator[Redis]:
    """A client of the running server as one of its users."""
    async with await connect_redis(user, seconds=WITHIN_SECONDS) as redis:
        yield redis


def servers(directory: Path) -> list[psutil.Process]:
    """The processes of servers that listen in the directory."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if "valkey-server" in title and f"unixsocket:{directory}" in title:
                found.append(process)
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not condition():  # noqa: ASYNC110 - processes and logs publish nothing.
            await asyncio.sleep(0.05)


async def pid_of_server() -> int:
    async with entered(ADMIN) as admin:
        info: dict[str, int] = await admin.info("server")
        return info["process_id"]


async def test_every_service_enters_as_its_own_user_and_keeps_to_its_own_keys(
    directory: Path,
) -> None:
    async with embedded():
        for service in SERVICES:
            async with entered(service) as redis:
                assert await redis.set(f"{{{service}}}:test", "1")
                for other in set(SERVICES) - {service}:
                    with pytest.raises(NoPermissionError):
                        await redis.get(f"{{{other}}}:test")
                with pytest.raises(NoPermissionError):
                    await redis.config_get("*")


async def test_nobody_enters_without_a_password(directory: Path) -> None:
    async with embedded(), entered("orders"):
        for user, guess in ((None, None), ("orders", "guess"), (None, "guess")):
            stranger = Redis(
                unix_socket_path=str(settings().socket_path),
                retry=Retry(NoBackoff(), 0),
                username=user,
                password=guess,
            )
            with pytest.raises(RedisError, match=r"authenticated|invalid username-password"):
                await stranger.ping()
            await stranger.aclose()


async def test_the_datastore_sees_who_is_connected_and_no_key(directory: Path) -> None:
    async with embedded(), entered("orders") as orders, entered(DATASTORE) as datastore:
        await orders.ping()
        assert "orders" in {c["user"] for c in await datastore.client_list()}
        with pytest.raises(NoPermissionError):
            await datastore.get("{orders}:test")


async def test_what_it_keeps_can_be_read_by_its_owner_alone(directory: Path) -> None:
    async with embedded(), entered("orders"):
        for name in ("redis-secret", "valkey.conf"):
            assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(settings().socket_path.stat().st_mode) & 0o077 == 0
        kept = secret()
        assert kept
        assert password("orders", kept) not in (directory / "valkey.conf").read_text()


def open_to_others(directory: Path) -> list[Path]:
    """What others may read, the directory itself among it."""
    found = [directory, *directory.rglob("*")]
    return [path for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


async def test_whatever_it_writes_is_its_owners_alone(directory: Path) -> None:
    before = os.umask(0o022)
    try:
        async with embedded(), entered(ADMIN) as admin:
            await admin.set("{orders}:test", "private")
            await admin.bgrewriteaof()

            await until(lambda: any(directory.glob("appendonlydir/*.2.base.*")))
            assert (directory / "valkey.log").exists()
            assert list((directory / APPEND_ONLY_FILES).iterdir())
            assert open_to_others(directory) == []
    finally:
        os.umask(before)


def open_up(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


async def test_what_an_earlier_store_left_open_is_closed(directory: Path) -> None:
    async with embedded(), entered("orders") as orders:
        await orders.set("{orders}:test", "kept")
    open_up(directory)
    assert len(open_to_others(directory)) > 4
    async with embedded(), entered("orders") as orders:
        assert await orders.get("{orders}:test") == "kept"
        assert open_to_others(directory) == []


async def test_a_server_that_is_killed_comes_back_with_its_data(directory: Path) -> None:
    async with embedded(), entered("orders") as orders:
        first = await pid_of_server()
        assert await orders.set("{orders}:test", "kept")
        os.kill(first, signal.SIGKILL)
        assert await pid_of_server() != first
        async with entered("orders") as again:
            assert await again.get("{orders}:test") == "kept"


async def test_whatever_was_acknowledged_survives_a_kill_in_the_middle_of_much_work(
    directory: Path,
) -> None:
    """So much is written that bringing it to the disk is always under way."""
    async with embedded(), entered("orders") as orders:
        for rounds in (80, 160, 240):
            server = await pid_of_server()
            kept = int(await orders.get("{orders}:count") or 0)
            for _ in range(rounds):
                await orders.set("{orders}:weight", os.urandom(400_000).hex())
                kept = await orders.incr("{orders}:count")
            os.kill(server, signal.SIGKILL)
            assert await pid_of_server() != server
            assert int(await orders.get("{orders}:count") or 0) == kept


async def test_data_and_passwords_survive_a_restart(directory: Path) -> None:
    async with embedded(), entered("orders") as orders:
        before = secret()
        assert await orders.set("{orders}:test", "kept")
    assert servers(directory) == []
    async with embedded(), entered("orders") as orders:
        assert await orders.get("{orders}:test") == "kept"
        assert secret() == before


@pytest.mark.parametrize(("policy", "its_own"), [("everysec", "no"), ("always", "always")])
async def test_it_writes_as_durably_as_it_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch, policy: str, its_own: str
) -> None:
    """Syncing once a second is the supervisor's: the server's own holds answered writes back."""
    monkeypatch.setenv("FIELDHOUSE_APPENDFSYNC", policy)
    async with embedded(), entered("admin") as admin:
        assert await admin.config_get("appendfsync") == {"appendfsync": its_own}


async def fits(redis: Redis, key: str, weight: bytes) -> bool:
    """Whether the server has room for it."""
    try:
        return bool(await redis.set(key, weight))
    except OutOfMemoryError:
        return False


async def test_a_full_server_refuses_writes_and_takes_them_when_there_is_room(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_REDIS_MEMORY", "64")
    weight = os.urandom(2**20)
    async with embedded(), entered("orders") as orders:
        taken = [await fits(orders, f"{{orders}}:{n}", weight) for n in range(80)]
        assert 32 < sum(taken) < 64
        assert taken == sorted(taken, reverse=True), "once full, always full"
        assert await orders.strlen("{orders}:0") == len(weight), "nothing is forgotten"
        await orders.delete(*(f"{{orders}}:{n}" for n in range(8)))
        assert await orders.set("{orders}:more", weight)


async def test_without_a_setting_its_limit_leaves_room(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIELDHOUSE_REDIS_MEMORY", raising=False)
    async with embedded(), entered(ADMIN) as admin:
        limit = int((await admin.config_get("maxmemory"))["maxmemory"] or 0)
    assert 256 * 2**20 <= limit < psutil.virtual_memory().total // 4


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    whole = psutil.virtual_memory().total
    assert machines_memory(tmp_path) == whole
    (tmp_path / "memory.max").write_text("max\n")
    assert machines_memory(tmp_path) == whole
    (tmp_path / "memory.max").write_text(str(2**30))
    assert machines_memory(tmp_path) == 2**30
    assert server_memory(None, 2**30) == 256 * 2**20
    assert server_memory(None, 2**34) == 2**31
    assert server_memory(100, 2**34) == 100 * 2**20


async def test_what_is_written_is_brought_to_the_disk(directory: Path) -> None:
    synced: set[int] = set()

    def witnessed(descriptor: int) -> None:
        os.fsync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    async with embedded(), entered("orders") as orders:
        await orders.set("{orders}:test", "kept")
        sync(directory, witnessed)
    files = directory / APPEND_ONLY_FILES
    assert {file.stat().st_ino for file in (files, *files.glob("*"))} <= synced


async def test_a_disk_that_fails_is_told_of_and_tried_again(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "no such disk")

    (directory / APPEND_ONLY_FILES).mkdir()
    syncing = asyncio.create_task(keep_synced(directory, every=0.01, to_disk=broken))
    await until(lambda: caplog.text.count("may be lost in a power cut") > 1)
    syncing.cancel()
    await asyncio.wait([syncing])


async def test_a_second_server_waits_until_the_first_has_ended(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with embedded():
        first = await pid_of_server()
        async with embedded() as second:
            await until(lambda: "waiting until it ends" in caplog.text)
            assert [server.pid for server in servers(directory)] == [first]
            os.kill(first, signal.SIGKILL)
            assert await pid_of_server() != first
            assert not second.done()


async def test_a_server_whose_lock_is_given_up_is_followed_by_the_one_that_waits(
    directory: Path,
) -> None:
    async with embedded() as first:
        before = await pid_of_server()
        async with embedded():
            first.cancel()
            with suppress(asyncio.CancelledError):
                await first
            assert await pid_of_server() != before


SUPERVISOR = """
import asyncio
from deployments.datastore.disk_sync import APPEND_ONLY_FILES, keep_synced, sync
from deployments.datastore.memory import machines_memory, server_memory
from deployments.datastore.server import ValkeyServer
from deployments.foundation.values.settings import settings
asyncio.run(ValkeyServer(settings().data_directory, settings().socket_path).run())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_a_server_ends_with_its_supervisor_however_that_ends(directory: Path) -> None:
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", SUPERVISOR)
    try:
        async with entered("orders") as orders:
            assert await orders.set("{orders}:test", "kept")
    finally:
        running = servers(directory)
        supervisor.kill()
        await supervisor.wait()
    assert len(running) == 1
    await until(lambda: not servers(directory))
    async with embedded(), entered("orders") as orders:
        assert await orders.get("{orders}:test") == "kept"


async def test_a_client_of_a_server_that_is_not_there_says_so(directory: Path) -> None:
    redis = client("orders")
    with pytest.raises(RedisError):
        await redis.ping()
    await redis.aclose()


async def test_a_secret_that_the_operator_sets_holds_here_too(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "the operator's")
    async with embedded(), entered("carts") as redis:
        assert await redis.ping()
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET")
    async with embedded(), entered("carts") as redis:
        assert await redis.ping()
