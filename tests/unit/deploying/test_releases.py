"""Releases are kept under the name of what they consist of, and what runs is written down."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.deploying.record import Record, recorded, starting, write
from commands.deploying.releases import AS_INSTALLED, NoReleaseError, Release, Releases, remote
from commands.deploying.serve_control import environment_of, hosts_of, release_in, with_release
from commands.deploying.turn import turn
from commands.exit_status import UNUSABLE
from tests.command_line import typed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = (Release(name, f"local:///releases/{name}") for name in ("1", "2", "3"))
DECLARED = {
    "applications": [
        {"name": "carts", "args": {"services": ["carts"]}},
        {"name": "orders", "args": {"services": ["orders", "pricing"]}},
        {"name": "datastore"},
    ]
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """What looks like a checkout."""
    for part in ("actors", "data", "deployments"):
        (tmp_path / "code" / part / "inside").mkdir(parents=True)
        (tmp_path / "code" / part / "inside" / "file").write_text(part)
    (tmp_path / "code" / "pyproject.toml").write_text('[project]\nversion = "1.2"\n')
    return tmp_path / "code"


@pytest.fixture
def kept(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "data")


def test_a_release_stays_as_it_was_kept(code: Path, kept: Releases) -> None:
    release = kept.keep(code)
    assert release.name.startswith("1.2-")
    (code / "data" / "inside" / "file").write_text("changed")
    assert (kept.directory(release) / "data" / "inside" / "file").read_text() == "data"
    assert kept.keep(code) != release


def test_the_same_code_is_the_same_release(code: Path, kept: Releases) -> None:
    release = kept.keep(code)
    compiled = code / "deployments" / "__pycache__"
    compiled.mkdir()
    (compiled / "file.pyc").write_text("says nothing new")
    assert kept.keep(code) == release
    assert release.uri == f"local://{kept.directory(release)}"


def test_what_nobody_runs_or_goes_back_to_is_removed(code: Path, kept: Releases) -> None:
    old = kept.keep(code)
    (code / "actors" / "another").write_text("")
    new = kept.keep(code)
    kept.prune({new.name})
    assert not kept.directory(old).exists()
    assert kept.directory(new).is_dir()


def test_what_is_no_checkout_is_told(code: Path, kept: Releases) -> None:
    (code / "pyproject.toml").unlink()
    with pytest.raises(NoReleaseError, match=r"no pyproject\.toml"):
        kept.keep(code)


def test_a_release_at_an_address_is_named_after_its_file() -> None:
    release = remote("https://store.example/builds/1.2-abc.zip")
    assert release == Release("1.2-abc", "https://store.example/builds/1.2-abc.zip")


def test_a_deployment_goes_back_to_what_ran_before() -> None:
    record = Record(started=FIRST).with_release("carts", SECOND, NOW)
    assert record.release_of("carts") == SECOND
    assert record.release_of("orders") == FIRST
    previous = record.applications["carts"].previous
    assert previous is not None
    back = record.with_release("carts", previous, NOW)
    assert back.release_of("carts") == FIRST
    assert back.applications["carts"].previous == SECOND
    assert back.named() == {"1", "2"}


def test_a_store_that_is_started_again_runs_what_was_deployed(tmp_path: Path) -> None:
    write(tmp_path, starting(tmp_path, FIRST).with_release("carts", SECOND, NOW))
    assert starting(tmp_path, THIRD).release_of("carts") == SECOND
    assert starting(tmp_path, SECOND).applications == {}
    assert recorded(tmp_path) == Record(started=SECOND)


def test_one_application_alone_is_declared_anew() -> None:
    declared = with_release(DECLARED, "carts", SECOND)
    environment = {"working_dir": SECOND.uri, "env_vars": {"FIELDHOUSE_RELEASE": "2"}}
    assert environment_of(declared, "carts") == environment
    assert declared["applications"][1:] == DECLARED["applications"][1:]
    assert environment_of(declared, "orders") is None
    back = with_release(declared, "carts", AS_INSTALLED)
    assert environment_of(back, "carts") == {"env_vars": {"FIELDHOUSE_RELEASE": "as installed"}}


def test_what_serve_runs_is_known_where_nobody_has_written_it_down() -> None:
    declared = with_release(DECLARED, "carts", SECOND)
    assert release_in(declared, "carts") == SECOND
    assert release_in(declared, "orders") is None
    empty = Record(started=AS_INSTALLED)
    assert empty.as_found("orders", release_in(declared, "orders")) == empty
    found = empty.as_found("carts", release_in(declared, "carts"))
    assert found.release_of("carts") == SECOND
    assert found.applications["carts"].previous is None
    assert found.named() == {"as installed", "2"}
    assert found.as_found("carts", SECOND) == found
    written = empty.with_release("carts", SECOND, NOW)
    assert written.as_found("carts", SECOND) == written


def test_a_service_is_found_where_it_is_hosted() -> None:
    assert hosts_of(DECLARED, "pricing") == ["orders"]
    assert hosts_of(DECLARED, "shipping") == []


async def test_a_second_operator_is_told_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("RAY_DASHBOARD_ADDRESS", "http://127.0.0.1:9")
    write(tmp_path, Record(started=FIRST))
    with turn(tmp_path, "deploy carts"):
        ended = await typed("rollback", "orders")
    assert ended.status == UNUSABLE
    assert "does deploy carts since" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deploy", "nonsense"], "There is no service nonsense: profile, catalog,"),
        (["deploy", "carts"], "No store runs on"),
        (["releases"], "No store runs on"),
    ],
)
async def test_what_cannot_be_deployed_is_told(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    ended = await typed(*words)
    assert (ended.status, ended.err.count("\n")) == (UNUSABLE, 1)
    assert said in ended.err


async def test_a_store_whose_serve_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("RAY_DASHBOARD_ADDRESS", "http://127.0.0.1:9")
    write(tmp_path, Record(started=FIRST))
    ended = await typed("rollback", "orders")
    assert ended.status == UNUSABLE
    assert "Serve does not answer at http://127.0.0.1:9" in ended.err
