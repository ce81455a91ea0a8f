"""Whatever keeps a store from running is one line that says what to do, before Ray starts."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from redis.asyncio import Redis

from commands import preflight, serve_process
from commands.deploying.record import Record
from commands.deploying.releases import Release
from commands.run_settings import (
    PROJECT,
    CannotRunError,
    RunSettings,
    make_data,
    make_scratch,
    settings_from_environment,
)
from deployments.foundation.http.authentication import hash_key
from deployments.foundation.redis.connection import password
from deployments.topology import DATASTORE

NOTHING_DEPLOYED = Record(started=Release("1", "local:///1"))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    """A store that nothing in the environment says anything about."""
    for name in os.environ:
        if name.startswith("FIELDHOUSE_") or name.endswith("REDIS_URL") or name == "SMTP_URL":
            monkeypatch.delenv(name)
    (tmp_path / "data").mkdir()
    (tmp_path / "scratch").mkdir(mode=0o700)
    return RunSettings("127.0.0.1", 8000, tmp_path / "data", tmp_path / "scratch", 60)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def message_of(check: Callable[[], object]) -> str:
    """The one line that says why the store cannot run."""
    with pytest.raises(CannotRunError) as refused:
        check()
    line = str(refused.value)
    assert "\n" not in line
    return line


def on_port(settings: RunSettings, port: int) -> RunSettings:
    return RunSettings(settings.host, port, settings.data, settings.scratch, 60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example:25"),
        ("SMTP_URL", "smtp://user:geheim@"),
        ("SMTP_URL", "smtp://user:geheim@mail.example:port"),
        ("FIELDHOUSE_MAIL_FROM", "the store geheim"),
        ("FIELDHOUSE_MAIL_FROM", "geheim <>"),
        ("FIELDHOUSE_SIGNING_KEYS", "-----BEGIN PRIVATE KEY-----geheim-----END PRIVATE KEY-----"),
        ("FIELDHOUSE_SIGNING_KEYS", '{"kty": "EC", "d": "geheim"}'),
        ("FIELDHOUSE_WEBHOOKS_LOOPBACK", "geheim"),
        ("FIELDHOUSE_APPENDFSYNC", "geheim"),
        ("FIELDHOUSE_PLATFORM_KEYS", "acme=geheim"),
        ("FIELDHOUSE_PUBLIC_URL", "geheim"),
        ("FIELDHOUSE_RATE_LIMITS", "read=often"),
        ("FIELDHOUSE_PORT", "geheim"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_a_setting_that_makes_no_sense_is_one_line_that_tells_no_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    line = message_of(preflight.check_settings)
    assert line.startswith(name)
    assert "geheim" not in line


@pytest.mark.usefixtures("settings")
def test_a_store_needs_no_setting() -> None:
    preflight.check_settings()


@pytest.mark.usefixtures("settings")
def test_a_misspelt_setting_is_named_with_the_one_that_is_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIELDHOUSE_RATE_LIMIT", "off")
    line = message_of(preflight.check_settings)
    assert line == "FIELDHOUSE_RATE_LIMIT is no setting. Is FIELDHOUSE_RATE_LIMITS meant?"


def test_a_port_in_use(settings: RunSettings, taken_port: int) -> None:
    line = message_of(lambda: preflight.check_port(on_port(settings, taken_port)))
    assert f"Port {taken_port} on 127.0.0.1" in line
    assert "FIELDHOUSE_PORT" in line


def test_a_port_that_has_just_been_given_up_is_free(settings: RunSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # The side that closes first keeps the port for a while.
        client.close()
    preflight.check_port(on_port(settings, port))


def test_a_store_that_already_runs(settings: RunSettings) -> None:
    with preflight.only_store(settings):
        line = message_of(lambda: preflight.only_store(settings).__enter__())
        assert "already runs" in line
        assert settings.url in line
    with preflight.only_store(settings):
        pass


def test_too_little_memory() -> None:
    assert "Too little memory" in message_of(lambda: preflight.check_memory(1 << 60))
    preflight.check_memory(1)


def test_too_little_memory_in_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preflight, "_CONTAINER", tmp_path)
    (tmp_path / "memory.current").write_text(str(1 << 20))
    (tmp_path / "memory.max").write_text(str(2 << 20))
    assert "1 MiB are available" in message_of(lambda: preflight.check_memory(2 << 20))
    (tmp_path / "memory.max").write_text("max\n")
    preflight.check_memory(2 << 20)


@pytest.mark.usefixtures("settings")
class TestRedis:
    """An external Redis must answer, and must not be served with a key that everybody knows."""

    @pytest.mark.parametrize("name", ["REDIS_URL", "ORDERS_REDIS_URL"])
    def test_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        monkeypatch.setenv(name, f"redis://shop:pass-word@127.0.0.1:{port}")
        line = message_of(preflight.check_redis)
        assert f"The Redis of {name} does not answer" in line
        assert "pass-word" not in line

    def test_whose_url_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", "http://127.0.0.1")
        assert "REDIS_URL does not answer" in message_of(preflight.check_redis)

    def test_that_refuses_the_password(
        self, monkeypatch: pytest.MonkeyPatch, valkey_socket: Path
    ) -> None:
        monkeypatch.setenv("REDIS_URL", f"unix://nobody:wrong@{valkey_socket}")
        line = message_of(preflight.check_redis)
        assert "REDIS_URL" in line
        assert "wrong" not in line

    async def test_whose_user_may_create_the_services_users(
        self, monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path
    ) -> None:
        await admin.execute_command("ACL", "DELUSER", DATASTORE)
        await admin.execute_command("ACL", "SETUSER", "shop", "reset", "on", ">pw", "+@all")
        monkeypatch.setenv("REDIS_URL", f"unix://shop:pw@{valkey_socket}")
        monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "shared")
        await asyncio.to_thread(preflight.check_redis)
        assert DATASTORE in await admin.acl_users()

    async def test_whose_user_may_not_but_somebody_did(
        self, monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path
    ) -> None:
        await admin.execute_command("ACL", "DELUSER", DATASTORE)
        await admin.execute_command("ACL", "SETUSER", "shop", "reset", "on", ">pw", "+ping")
        monkeypatch.setenv("REDIS_URL", f"unix://shop:pw@{valkey_socket}")
        monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", "shared")
        line = await asyncio.to_thread(message_of, preflight.check_redis)
        assert "refuses the store" in line
        word = password(DATASTORE, "shared")
        await admin.execute_command("ACL", "SETUSER", DATASTORE, "reset", "on", f">{word}", "+ping")
        await asyncio.to_thread(preflight.check_redis)

    @pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
    async def test_that_would_forget_something(
        self, monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path, policy: str
    ) -> None:
        monkeypatch.setenv("ORDERS_REDIS_URL", f"unix://{valkey_socket}")
        await admin.config_set("maxmemory-policy", policy)
        try:
            # One without a limit never runs out of it.
            await asyncio.to_thread(preflight.check_redis)
            await admin.config_set("maxmemory", "100mb")
            line = await asyncio.to_thread(message_of, preflight.check_redis)
        finally:
            await admin.config_set("maxmemory", "0")
            await admin.config_set("maxmemory-policy", "noeviction")
        assert "The Redis of ORDERS_REDIS_URL would forget" in line
        assert f"maxmemory-policy {policy}" in line


EXPOSING = [
    ("REDIS_URL", "redis://127.0.0.1"),
    ("ORDERS_REDIS_URL", "redis://127.0.0.1"),
    ("FIELDHOUSE_HOST", "0.0.0.0"),
    ("FIELDHOUSE_HOST", "::"),
    ("FIELDHOUSE_HOST", "192.0.2.1"),
    ("FIELDHOUSE_HOST", "store.example"),
]


@pytest.mark.usefixtures("settings")
class TestExposed:
    """A store that others can reach trusts nothing that is public, unless the operator says so."""

    @pytest.mark.parametrize(("name", "value"), EXPOSING)
    def test_the_development_key_is_refused_until_it_is_replaced_or_allowed(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv("FIELDHOUSE_PAYMENTS", "sandbox")
        monkeypatch.setenv(name, value)
        assert "FIELDHOUSE_PLATFORM_KEYS" in message_of(preflight.check_settings)
        monkeypatch.setenv("FIELDHOUSE_PLATFORM_KEYS", f"dev={hash_key('dev-platform-key')}")
        line = message_of(preflight.check_settings)
        assert line.endswith("or FIELDHOUSE_DEVELOPMENT_KEY=allow.")
        monkeypatch.setenv("FIELDHOUSE_DEVELOPMENT_KEY", "allow")
        preflight.check_settings()
        monkeypatch.delenv("FIELDHOUSE_DEVELOPMENT_KEY")
        monkeypatch.setenv("FIELDHOUSE_PLATFORM_KEYS", f"acme={hash_key('a long one')}")
        preflight.check_settings()

    @pytest.mark.parametrize(("name", "value"), EXPOSING)
    def test_the_sandbox_is_refused_until_it_is_named(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv("FIELDHOUSE_PLATFORM_KEYS", f"acme={hash_key('a long one')}")
        monkeypatch.setenv(name, value)
        line = message_of(preflight.check_settings)
        assert line.endswith("set FIELDHOUSE_PAYMENTS=sandbox if that is meant.")
        monkeypatch.setenv("FIELDHOUSE_PAYMENTS", "sandbox")
        preflight.check_settings()

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", ""])
    def test_a_store_on_this_machine_alone_is_for_development(
        self, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        monkeypatch.setenv("FIELDHOUSE_HOST", host)
        preflight.check_settings()


@pytest.mark.parametrize("port", ["eight", "0", "65536", "-1", "8000.5"])
def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("FIELDHOUSE_PORT", port)
    assert "FIELDHOUSE_PORT" in message_of(settings_from_environment)


def test_stores_with_different_data_share_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratches = set()
    for name in ("one", "two"):
        monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path / name))
        scratches.add(settings_from_environment().scratch)
    assert len(scratches) == 2


def test_a_data_directory_that_cannot_be_made(settings: RunSettings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    odd = RunSettings("127.0.0.1", 8000, tmp_path / "file", settings.scratch, 60)
    assert "cannot be used" in message_of(lambda: make_data(odd))


def test_a_data_directory_that_is_open_is_closed_if_it_is_the_stores(
    settings: RunSettings,
) -> None:
    settings.data.chmod(0o755)
    make_data(settings)
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
    (settings.data / "redis-secret").touch(0o644)
    settings.data.chmod(0o777)
    make_data(settings)
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.data / "redis-secret").stat().st_mode) == 0o600


def test_a_data_directory_that_others_use_too_is_left_as_it_is(settings: RunSettings) -> None:
    (settings.data / "holiday.jpg").touch()
    settings.data.chmod(0o755)
    assert "holds other files" in message_of(lambda: make_data(settings))
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o755


def test_a_directory_that_is_missing_is_made_private_with_its_parents(
    settings: RunSettings, tmp_path: Path
) -> None:
    make_data(replace(settings, data=tmp_path / "new" / "data"))
    for made in (tmp_path / "new", tmp_path / "new" / "data"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_scratch_directory_that_others_may_write(settings: RunSettings) -> None:
    make_scratch(settings)
    settings.scratch.chmod(0o777)
    assert "belongs to somebody else" in message_of(lambda: make_scratch(settings))
    settings.scratch.rmdir()
    settings.scratch.symlink_to(settings.data)
    assert "belongs to somebody else" in message_of(lambda: make_scratch(settings))


def test_it_listens_on_loopback_unless_told_otherwise(settings: RunSettings) -> None:
    config = PROJECT / "serve_config.yaml"
    assert yaml.safe_load(config.read_text())["http_options"]["host"] == "127.0.0.1"
    assert serve_process.config_file(settings, NOTHING_DEPLOYED) == config
    told = RunSettings("0.0.0.0", 8080, settings.data, settings.scratch, 60)
    copy = yaml.safe_load(serve_process.config_file(told, NOTHING_DEPLOYED).read_text())
    assert copy["http_options"] | {"host": "0.0.0.0", "port": 8080} == copy["http_options"]
    assert copy["applications"] == yaml.safe_load(config.read_text())["applications"]
    assert told.url == "http://127.0.0.1:8080"
