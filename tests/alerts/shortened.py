"""The shipped rules with shorter windows, and what Prometheus is told to read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from commands.monitoring.prometheus import RULES, configuration

TIMES = 10
"""How much shorter every window, offset and `for` is, and the pause between two looks."""
_MILLISECONDS = {"s": 1000, "m": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"\b(\d+)([smh])\b")


def rules() -> list[dict[str, Any]]:
    """The rules as they are shipped."""
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def shortened(rule: dict[str, Any]) -> dict[str, Any]:
    """The same rule in less time. What it holds against a threshold stays as it is."""
    return {**rule, "expr": _shorter(rule["expr"]), "for": _shorter(rule.get("for", "0s"))}


def _shorter(text: str) -> str:
    return _DURATION.sub(lambda found: f"{_milliseconds(*found.groups()) // TIMES}ms", text)


def _milliseconds(number: str, unit: str) -> int:
    return int(number) * _MILLISECONDS[unit]


def prometheus_reads(targets: Path, directory: Path) -> str:
    """What `fieldhouse prometheus` would print, with shorter rules and as often as they need."""
    file = directory / "rules.yml"
    group = {"name": "shortened", "rules": [shortened(rule) for rule in rules()]}
    file.write_text(yaml.safe_dump({"groups": [group]}))
    shipped = configuration(targets)
    shorter = {name: _shorter(every) for name, every in shipped["global"].items()}
    return yaml.safe_dump({**shipped, "global": shorter, "rule_files": [str(file)]})
