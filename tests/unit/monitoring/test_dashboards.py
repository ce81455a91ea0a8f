"""The shipped dashboards: fresh, and about metrics that there are."""

from __future__ import annotations

import json
import re

import pytest

from commands.monitoring.dashboards import HOME, text_of
from commands.monitoring.panels import PANELS
from commands.run_settings import PROJECT

_DECLARED = re.compile(r'"(fieldhouse_[a-z_]+)"')
_NAMED = re.compile(r"ray_(fieldhouse_[a-z_]+)")
DECLARED = {
    name
    for file in (PROJECT / "deployments").rglob("*.py")
    for name in _DECLARED.findall(file.read_text())
}


@pytest.mark.parametrize("name", PANELS)
def test_a_dashboard_is_as_its_panels_say(name: str) -> None:
    assert (HOME / f"fieldhouse_{name}.json").read_text() == text_of(name), "fieldhouse dashboards"


@pytest.mark.parametrize("name", PANELS)
def test_a_dashboard_is_about_metrics_that_there_are(name: str) -> None:
    for panel in PANELS[name]:
        for metric in _NAMED.findall(panel.expression):
            assert metric.removesuffix("_bucket") in DECLARED, panel.title


@pytest.mark.parametrize("name", PANELS)
def test_panels_have_a_place_of_their_own(name: str) -> None:
    panels = json.loads(text_of(name))["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)
