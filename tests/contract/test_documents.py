"""What documents say of commands, variables and files is so."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from commands.main import app
from deployments.foundation.values.setting_words import PREFIX, variable
from deployments.foundation.values.settings import Settings
from tests.command_line import fieldhouse
from tests.trial_settings import rows

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("**/*.md"),
        ROOT / "cluster.yaml",
        ROOT / "cluster.env.example",
    ]
)
_CODE = re.compile(r"`((?:deployments|commands|actors|tests|data)/[\w/.-]+)(?::([\w.]+))?`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
_COPIED = {"deployments/waitlist/", "tests/unit/waitlist/"}
"""What docs/add-a-service.md makes."""


def test_the_installed_command_is_the_one_that_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["scripts"]["fieldhouse"].partition(":")
    assert import_module(module).app is app
    assert callable(getattr(import_module(module), name))


def test_contributors_are_told_of_every_variable_of_the_long_tests() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert [row for row in rows() if row not in text] == []


def _anchors(page: Path) -> set[str]:
    """The names under which the page's headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_settings_that_exist(document: Path) -> None:
    known = {variable(name, field) for name, field in Settings.model_fields.items()}
    if document.name == "CHANGELOG.md":
        known.add("FIELDHOUSE_KEY")  # What it was called before.
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", document.read_text()))
    assert named <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_commands_and_files_that_exist(document: Path) -> None:
    text = document.read_text()
    for command in set(re.findall(r"`(?:\.venv/bin/)?fieldhouse ([a-z-]+)", text)):
        assert fieldhouse(command, "--help").status == 0, command
    for target in set(re.findall(r"^(?:@|`)?make ([a-z-]+)", text, re.MULTILINE)):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for link, anchor in set(_LINK.findall(text)):
        target = document.parent / link if link else document
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), f"{link}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_code_that_exists(document: Path) -> None:
    """A file as `deployments/carts/routes.py`, and what is in it as `…/routes.py:CartsRoutes`."""
    for path, name in set(_CODE.findall(document.read_text())):
        if path in _COPIED:
            continue
        assert (ROOT / path).exists(), path
        for part in filter(None, name.split(".")):
            declared = rf"^ *(async def|def|class|local function) {part}\b|^{part}\b.*="
            assert re.search(declared, (ROOT / path).read_text(), re.MULTILINE), f"{path}:{name}"
