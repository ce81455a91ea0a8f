"""docs/add-a-service.md is done as written, in a copy of the project, and the service works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-service.md").read_text()
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".data", ".*_cache", ".hypothesis", "__pycache__", "node_modules", "*.egg-info"
)


def blocks(heading: str) -> list[str]:
    """The code under a heading of the page."""
    (section,) = re.findall(
        rf"^## \d\. {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    return re.findall(r"^```\w+\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def insert(file: Path, before: str, text: str, times: int = 1) -> None:
    """Put text before something that is there so often."""
    found = file.read_text()
    assert found.count(before) == times, f"{file.name}: {before!r}"
    file.write_text(found.replace(before, text + before))


class Project:
    """A copy of the project, in which things are changed and run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT, root, ignore=_LEFT_OUT)

    def run(self, *command: str) -> str:
        """Run a command of this environment in the copy; it must end well."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, *arguments: str) -> str:
        """Run a module."""
        return self.run(sys.executable, *arguments)

    def follow(self, commands: str) -> None:
        """Run the commands of a block of the page."""
        for line in commands.splitlines():
            program, *arguments = shlex.split(line)
            started: dict[str, Sequence[str]] = {"python": (), "fieldhouse": ("-m", "commands")}
            self.python(*started[program], *arguments)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the service that the page adds."""
    project = Project(tmp_path_factory.mktemp("copied") / "project")
    root = project.root
    for commands in blocks("The folder"):
        project.follow(commands)
    (entry,) = blocks("The topology")
    insert(root / "deployments" / "topology.py", '    Service("webhooks"', entry)
    apart, together = blocks("The YAML")
    config = root / "serve_config.yaml"
    config.write_text(f"{config.read_text().rstrip()}\n\n{apart}")
    insert(root / "serve_config.together.yaml", "        - webhooks\n", together)
    listed = root / "pyproject.toml"
    insert(listed, '    "deployments.webhooks",\n', '    "deployments.waitlist",\n', times=2)
    insert(
        listed,
        ']\nforbidden_modules = ["ray", "redis", "starlette"]',
        '    "deployments.waitlist.events",\n',
    )
    for commands in blocks("The documents"):
        project.follow(commands)
    return project


def test_the_service_s_own_tests_pass(project: Project) -> None:
    assert "passed" in project.python("-m", "pytest", "tests/unit/waitlist", "-v")


def test_everything_that_names_services_knows_it(project: Project) -> None:
    project.python(
        *("-m", "pytest", "-q"),
        *("tests/contract/test_topology.py", "tests/unit/test_serve_config.py"),
        *("tests/contract/test_contracts.py", "tests/contract/test_events.py"),
    )


def test_the_linters_let_it_pass(project: Project) -> None:
    project.python("-m", "ruff", "check", "deployments/waitlist", "tests/unit/waitlist")
    project.run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache")
