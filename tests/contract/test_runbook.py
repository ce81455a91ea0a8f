"""The runbook explains every rule of the audit, and every metric."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_, _, FINDINGS = RUNBOOK.partition("## What the audit finds")
EXPLAINED = re.findall(r"^\| `(\w+)` \| .+ \|$", FINDINGS, re.MULTILINE)
AUDITS = [
    *(ROOT / "deployments").glob("*/audit.py"),
    *(ROOT / "deployments" / "foundation" / "audit").glob("*.py"),
    *(ROOT / "commands" / "audit").glob("*.py"),
]


def rules() -> set[str]:
    """The rules of all checks, as regular expressions: a name may be made of parts."""
    return {rule for file in AUDITS for rule in _rules(ast.parse(file.read_text()))}


def _rules(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id="Discrepancy" | "as_told")):
                yield from _names(node.args[0])
            case ast.Assign(targets=[ast.Name(id="rule")], value=ast.IfExp() as chosen):
                yield from _names(chosen)


def _names(rule: ast.expr) -> Iterator[str]:
    """What a rule is called. A variable's values are found where it is given them."""
    match rule:
        case ast.Constant(value=str(name)):
            yield name
        case ast.IfExp(body=one, orelse=other):
            yield from (*_names(one), *_names(other))
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in parts
            )
        case _:
            assert ast.unparse(rule) == "rule"


def test_every_rule_of_the_audit_is_explained() -> None:
    unexplained = [
        rule for rule in rules() if not any(re.fullmatch(rule, name) for name in EXPLAINED)
    ]
    assert sorted(unexplained) == []


def test_every_rule_that_is_explained_is_one() -> None:
    unknown = [name for name in EXPLAINED if not any(re.fullmatch(one, name) for one in rules())]
    assert unknown == []


def test_a_rule_is_explained_once() -> None:
    assert sorted(set(EXPLAINED)) == sorted(EXPLAINED)


def test_every_metric_is_named() -> None:
    code = "".join(file.read_text() for file in (ROOT / "deployments").rglob("*.py"))
    metrics = set(re.findall(r'"(fieldhouse_[a-z_]+)"', code))
    assert {name for name in metrics if f"`{name}`" not in RUNBOOK} == set()
    assert len(metrics) > 10
