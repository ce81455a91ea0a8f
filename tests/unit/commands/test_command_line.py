"""`fieldhouse` helps, refuses what it does not know, and ends with what was found."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

from commands.exit_status import CommandError, command
from commands.main import app
from tests.command_line import fieldhouse

ROOT = Path(__file__).parents[3]
GROUPS = ("dead-letters", "webhooks", "config")


def names() -> list[str]:
    """Every command and group of commands."""
    commands = typer.main.get_command(app)
    assert isinstance(commands, typer.core.TyperGroup)
    return commands.list_commands(typer.Context(commands))


def test_help_names_every_command_with_what_it_does() -> None:
    told = fieldhouse("--help")
    assert (told.status, told.err) == (0, "")
    for name in names():
        (line,) = [line for line in told.out.splitlines() if line.startswith(f"  {name} ")]
        assert line.endswith("."), "a sentence that is not cut off"
        assert not line.endswith("..."), line


@pytest.mark.parametrize("name", names())
def test_every_command_helps(name: str) -> None:
    told = fieldhouse(name, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(f"Usage: fieldhouse {name} ")


def test_without_a_command_it_helps() -> None:
    told = fieldhouse()
    assert "Usage: fieldhouse " in told.out + told.err
    assert told.status == 2


@pytest.mark.parametrize("words", [("eat",), ("--loud",), *((name, "--loud") for name in names())])
def test_what_it_does_not_know_is_refused(words: tuple[str, ...]) -> None:
    told = fieldhouse(*words)
    assert (told.status, told.out) == (2, "")
    assert f"No such {'option: --loud' if '--loud' in words else 'command'}" in told.err


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("load", "--seconds", "soon"), "'--seconds'"),
        (("load", "--seconds", "0"), "greater than or equal to 1"),
        (("load", "--buyers", "-1"), "'--buyers'"),
        (("platform-key",), "'NAME'"),
        (("platform-key", "a=b"), "letters, digits"),
        (("demo", "quickly"), "quickly"),
    ],
)
def test_an_argument_that_makes_no_sense_is_named(words: tuple[str, ...], word: str) -> None:
    told = fieldhouse(*words)
    assert (told.status, told.out) == (2, "")
    assert word in told.err


def test_a_setting_that_makes_no_sense_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDHOUSE_PORT", "eight")
    sentence = "fieldhouse: FIELDHOUSE_PORT takes a whole number from 1 to 65535.\n"
    for words in (("lag",), ("config",), ("config", "check"), ("demo",)):
        told = fieldhouse(*words)
        assert (told.status, told.out, told.err) == (2, "", sentence)


def test_config_shows_what_is_set_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_REDIS_URL", "redis://user:geheim@orders.example")
    monkeypatch.setenv("REDIS_URL", "redis://user:geheim@redis.example")
    monkeypatch.setenv("FIELDHOUSE_PORT", "8080")
    told = fieldhouse("config")
    assert told.status == 0
    assert "8080" in told.out
    assert "geheim" not in told.out


def test_a_platform_key_is_shown_with_its_pair() -> None:
    told = fieldhouse("platform-key", "acme")
    assert told.status == 0
    assert "acme=" in told.out


@pytest.mark.parametrize("status", [1, 2])
def test_what_ends_a_command_is_its_status(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    class ProblemError(CommandError):
        pass

    ProblemError.status = status

    def fail() -> int:
        raise ProblemError("There is no more.")

    with pytest.raises(typer.Exit) as ended:
        command(fail)()
    assert ended.value.exit_code == status
    assert capsys.readouterr().err == "fieldhouse: There is no more.\n"


def test_an_interrupted_command_says_nothing_and_exits_with_130() -> None:
    """A store that takes the connection and never answers keeps the demo waiting."""
    with socket.create_server(("127.0.0.1", 0)) as silent, interruptible():
        running = subprocess.Popen(
            [sys.executable, "-m", "commands", "demo"],
            cwd=ROOT,
            env={**os.environ, "FIELDHOUSE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        accepted, _ = silent.accept()
        with accepted:
            assert accepted.recv(1), "it waits for an answer now"
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, "", "")


@contextmanager
def interruptible() -> Iterator[None]:
    """What is started meanwhile can be interrupted, also where the shell that runs these tests in
    the background has told them not to be."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_completion_knows_the_commands() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "commands"],
        cwd=ROOT,
        env={
            **os.environ,
            "_FIELDHOUSE_COMPLETE": "complete_bash",
            "COMP_WORDS": "fieldhouse dead-letters re",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["replay"]
