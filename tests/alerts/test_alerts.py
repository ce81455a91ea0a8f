"""Each shipped rule fires when what it watches is broken, alone, and no more when it is mended."""

from __future__ import annotations

import re

import pytest

from commands.run_settings import PROJECT
from tests.alerts.breaks import BREAKS, Break
from tests.alerts.shortened import rules, shortened
from tests.alerts.watched_store import WatchedStore
from tests.command_line import typed
from tests.unit.monitoring.test_alerts import anchors


def test_something_is_broken_for_every_rule() -> None:
    assert [one.rule for one in BREAKS] == list({one.rule: None for one in BREAKS})
    assert {one.rule for one in BREAKS} == {rule["alert"] for rule in rules()}


def test_rules_are_shortened_and_no_threshold_is() -> None:
    late = {"alert": "Late", "expr": "rate(late_seconds[1m] offset 10m) > 60", "for": "2m"}
    assert shortened(late) == {
        **late,
        "expr": "rate(late_seconds[6000ms] offset 60000ms) > 60",
        "for": "12000ms",
    }


@pytest.mark.long
@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.rule)
async def test_a_rule_fires_for_what_is_broken_and_no_other(
    store: WatchedStore, broken: Break
) -> None:
    await store.quiet()
    async with broken.strike(store):
        alert = await store.fires(broken.rule)
        said = await typed(*broken.typed) if broken.typed else None
    assert said is None or re.search(broken.shown, said.out), said
    assert not re.search(r"{{|<|%!", alert["annotations"]["summary"])
    page, _, heading = alert["annotations"]["runbook"].partition("#")
    assert heading in anchors(PROJECT / page)
    await store.quiet()
