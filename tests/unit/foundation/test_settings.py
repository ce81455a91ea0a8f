"""What an operator sets is read as one thing, and what makes no sense is said in a sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from commands.storefront import connect
from deployments.foundation.values.setting_words import takes, variable
from deployments.foundation.values.settings import SECTIONS, Settings, SettingsError, settings

FOLDERS = ("deployments", "actors", "commands")
PASSING_IT_ON = ("preflight.py", "serve_process.py", "dev.py", "running.py", "start.py")
"""One looks for names that nobody knows; the others give the environment to what they start."""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {variable(name, field) for name, field in Settings.model_fields.items()}
    for name in os.environ:
        if name in names or name.endswith("_REDIS_URL"):
            monkeypatch.delenv(name)


def test_a_store_of_which_nothing_is_said_is_embedded_and_listens_on_loopback() -> None:
    said = settings()
    assert (said.is_embedded, said.host, said.port) == (True, "127.0.0.1", 8000)
    assert said.data_directory == Path(__file__).parents[3] / ".data"
    assert said.socket_path == said.data_directory.resolve() / "valkey.sock"


def test_what_is_said_counts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings().port == 8000
    monkeypatch.setenv("FIELDHOUSE_PORT", "8080")
    assert settings().port == 8080
    monkeypatch.setenv("FIELDHOUSE_PORT", "")
    assert settings().port == 8000


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
    ],
)
def test_a_command_finds_the_store_that_its_settings_start(
    monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.setenv("FIELDHOUSE_HOST", host)
    monkeypatch.setenv("FIELDHOUSE_PORT", "8080")
    assert connect().base_url == url
    monkeypatch.setenv("FIELDHOUSE_URL", "https://store.example")
    assert connect().base_url == "https://store.example"


def test_a_service_may_have_a_redis_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_REDIS_URL", "redis://orders.example")
    monkeypatch.setenv("CARTS_REDIS_URL", "")
    assert settings().own_redis_url("orders") == "redis://orders.example"
    assert settings().own_redis_url("carts") is None
    assert settings().is_embedded


@pytest.mark.parametrize(
    "name", ["REDIS_URL", "ORDERS_REDIS_URL", "SMTP_URL", "FIELDHOUSE_REDIS_SECRET"]
)
def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "redis://user:geheim@store.example")
    assert "geheim" not in repr(settings()) + str(settings())


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("FIELDHOUSE_PORT", "eight", "a whole number from 1 to 65535"),
        ("FIELDHOUSE_PORT", "65536", "a whole number from 1 to 65535"),
        ("FIELDHOUSE_TRUSTED_PROXIES", "-1", "a whole number from 0 to 16"),
        ("FIELDHOUSE_EVENT_DAYS", "nan", "a number of days above 0 to 365"),
        ("FIELDHOUSE_READY_SECONDS", "0", "a number of seconds above 0 to 86400"),
        ("FIELDHOUSE_APPENDFSYNC", "sometimes", "everysec or always"),
        ("FIELDHOUSE_PUBLIC_URL", "store.example", "an address such as https://store.example"),
        ("FIELDHOUSE_TERMS_URL", "javascript:1", "an address such as https://store.example"),
        ("FIELDHOUSE_MAIL_FROM", "Store <>", "`Name <name@example.org>`"),
        (
            "FIELDHOUSE_PLATFORM_KEYS",
            "acme=plain",
            (
                "platform=sha256 pairs with commas between them "
                "(`fieldhouse platform-key acme` prints one)"
            ),
        ),
    ],
)
def test_a_mistake_is_a_sentence_that_says_what_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, takes: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as mistake:
        settings()
    assert str(mistake.value) == f"{name} takes {takes}."


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDHOUSE_PORT", "eight")
    monkeypatch.setenv("FIELDHOUSE_APPENDFSYNC", "sometimes")
    with pytest.raises(SettingsError, match=r"FIELDHOUSE_APPENDFSYNC.*FIELDHOUSE_PORT|PORT.*APP"):
        settings()


def test_every_variable_says_what_it_is_for_and_what_it_takes() -> None:
    for section in SECTIONS:
        assert section.__doc__
    for name, field in Settings.model_fields.items():
        assert field.description is not None, name
        assert field.description.endswith("."), name
        assert takes(field), name


def test_no_variable_is_read_anywhere_else() -> None:
    root = Path(__file__).parents[3]
    files = [file for folder in FOLDERS for file in root.glob(f"{folder}/**/*.py")]
    texts = {file.name: file.read_text() for file in files}
    assert [name for name, text in texts.items() if re.search(r"environ(\[|\.get)", text)] == []
    users = {name for name, text in texts.items() if "os.environ" in text}
    assert users == {"settings.py", "setting_sections.py", *PASSING_IT_ON}
