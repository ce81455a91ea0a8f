"""What a process loads when it starts, by a process that does nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deployments.topology import BY_NAME
from tests.budgets.budgets import HEAVY, IMPORTS, SHARED_IMPORTS


def all_loaded(code: str) -> set[str]:
    """The modules that are there after this code has run."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint()\nprint(*sys.modules)"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())


def loaded(code: str) -> set[str]:
    """The heavy ones among them."""
    return all_loaded(code) & HEAVY


def test_every_service_has_a_budget_of_imports() -> None:
    assert IMPORTS.keys() == BY_NAME.keys()


@pytest.mark.parametrize("service", IMPORTS)
def test_a_service_loads_nothing_heavy_that_it_does_not_need(service: str) -> None:
    found = loaded(f"import deployments.{service}.deployment")
    assert found <= IMPORTS[service] | SHARED_IMPORTS


def test_the_store_in_one_process_loads_no_ray() -> None:
    found = loaded("from commands.dev import placed\nplaced()")
    assert "ray" not in found
    assert found >= IMPORTS["catalog"], "all services are loaded, or nothing was shown"


def test_a_replica_loads_ray() -> None:
    """So that the test before shows something."""
    assert "ray" in loaded("import deployments.foundation.placement.replica")


def test_only_the_command_that_is_asked_for_is_loaded() -> None:
    asking = "from typer.testing import CliRunner\nfrom commands.main import app"
    found = all_loaded(f"{asking}\nassert not CliRunner().invoke(app, ['lag', '--help']).exit_code")
    assert "commands.lag" in found
    assert not {"commands.demo", "commands.bench", "commands.audit"} & found
