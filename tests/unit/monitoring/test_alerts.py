"""The shipped alert rules: each fires for what it watches, and leads to what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.run_settings import PROJECT

RULES = PROJECT / "commands" / "monitoring" / "alerts.yml"
TESTS = Path(__file__).parent / "alert_tests.yml"
(GROUP,) = yaml.safe_load(RULES.read_text())["groups"]
ALERTS: list[dict[str, Any]] = GROUP["rules"]


def promtool(*arguments: str, directory: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """What `promtool` says."""
    command = ["promtool", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=directory, check=False)


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rules_run(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """The unit tests of these rules."""
    (directory / "alerts.yml").write_text(text)
    shutil.copy(TESTS, directory)
    return promtool("test", "rules", TESTS.name, directory=directory)


def test_promtool_takes_the_rules() -> None:
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stderr


def test_every_rule_fires_for_what_it_watches_and_not_before(tmp_path: Path) -> None:
    ended = rules_run(RULES.read_text(), tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_a_rule_that_never_fires_is_noticed(alert: dict[str, Any], tmp_path: Path) -> None:
    broken = [{**one, "expr": f"({one['expr']}) > 1e9"} if one is alert else one for one in ALERTS]
    text = yaml.safe_dump({"groups": [{**GROUP, "rules": broken}]})
    ended = rules_run(text, tmp_path)
    assert ended.returncode != 0
    assert alert["alert"] in ended.stdout + ended.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_a_rule_leads_to_an_entry_of_the_runbook(alert: dict[str, Any]) -> None:
    file, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor in anchors(PROJECT / file)
