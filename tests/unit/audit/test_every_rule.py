"""No rule is without a case."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_rule_has_a_case_that_breaks_it() -> None:
    root = Path(__file__).parents[3]
    places = ("commands/audit/*.py", "deployments/*/audit.py", "deployments/foundation/audit/*.py")
    code = "".join(path.read_text() for place in places for path in root.glob(place))
    rules = set(re.findall(r'Discrepancy\(\s*"(\w+)"', code))
    cases = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert len(rules) > 40
    assert {rule for rule in rules if f'"{rule}"' not in cases} == set()
