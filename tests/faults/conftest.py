"""Keeps what came of the trials, and shows it when all tests are done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.table import table
from tests.faults.trials import Outcome
from tests.integration.running_store import RunningStore
from tests.trial_settings import trial_settings

_KEPT: pytest.StashKey[list[Outcome]] = pytest.StashKey()


@pytest.fixture
def store(running_store: RunningStore) -> RunningStore:
    """The store, in each placement in turn."""
    return running_store


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> Iterator[list[Outcome]]:
    """All trials' outcomes. The table goes to the terminal, and to the file `FAULTS_TABLE`."""
    kept = request.config.stash.setdefault(_KEPT, [])
    yield kept
    if kept and (file := trial_settings().faults_table):
        file.write_text(table(kept) + "\n")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    if kept := config.stash.get(_KEPT, []):
        terminalreporter.section("faults")
        terminalreporter.write_line(table(kept))
