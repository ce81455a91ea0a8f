"""The command that puts wrong results in tells which of them the tests notice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.mutants import in_lua, in_python
from tests.mutants.__main__ import chosen, found
from tests.mutants.mutant import Mutant
from tests.mutants.trial import BaselineFailedError, Trial

pytestmark = pytest.mark.long

RULE = '''"""A rule."""
def price(units, each=1):
    """Says nothing: 1 + 1 == 2."""
    _log.info("a price of %d", 1)
    audit(units)
    if units <= 0 or not each:
        raise ValueError(units)
    return min(units * each, 99)
'''
SCRIPT = """-- 1 == 2 and nothing
local left = tonumber(redis.call('HGET', KEYS[1], 'left') or '0')
if left < 2 then return { 'not 1 and 2' } end
redis.call('SADD', KEYS[2], ARGV[1])
return { left - 1 }
"""
TEST = """from rule import price
def audit(units): return None
import rule
rule.audit = audit
class Log:
    def info(self, *_): return None
rule._log = Log()
def test_a_price():
    assert price(3, 2) == 6
"""


def changes(mutants: list[Mutant]) -> list[tuple[int, str, str]]:
    return [(mutant.line, mutant.was, mutant.is_now) for mutant in mutants]


def test_python_is_changed_where_it_does_something() -> None:
    found = changes(list(in_python.mutants("rule.py", RULE)))
    assert set(found) == {
        (5, "audit(units)", ""),
        (6, "units <= 0 or not each", "units <= 0 and (not each)"),
        (6, "units <= 0", "units < 0"),
        (6, "not each", "each"),
        (6, "0", "1"),
        (7, "raise ValueError(units)", ""),
        (8, "min", "max"),
        (8, "units * each", "units // each"),
        (8, "99", "100"),
    }
    assert len(found) == len(set(found))


def test_every_change_in_python_is_one_change_of_its_module() -> None:
    texts = [mutant.text for mutant in in_python.mutants("rule.py", RULE)]
    assert len(set(texts)) == len(texts)
    for text in texts:
        compile(text, "rule.py", "exec")
        assert text.count("1 + 1 == 2") == 1


def test_lua_is_changed_outside_of_comments_and_texts() -> None:
    assert changes(list(in_lua.mutants("rule.lua", SCRIPT))) == [
        (2, SCRIPT.splitlines()[1], SCRIPT.splitlines()[1].replace(" or ", " and ")),
        (3, SCRIPT.splitlines()[2], SCRIPT.splitlines()[2].replace(" < ", " <= ")),
        (3, SCRIPT.splitlines()[2], SCRIPT.splitlines()[2].replace("< 2", "< 3")),
        (4, SCRIPT.splitlines()[3], ""),
        (5, SCRIPT.splitlines()[4], "return { left + 1 }"),
        (5, SCRIPT.splitlines()[4], "return { left - 2 }"),
    ]


@pytest.mark.parametrize("service", ["pricing", "inventory", "checkout"])
def test_a_service_has_rules_and_scripts_to_change(service: str) -> None:
    kinds = {mutant.path.rpartition(".")[2] for mutant in found(service)}
    assert kinds == {"py", "lua"}
    assert chosen(service, 10, seed=1) == chosen(service, 10, seed=1)
    assert len(chosen(service, 0, seed=1)) == len(list(found(service)))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of one rule and one test."""
    (tmp_path / "rule.py").write_text(RULE)
    (tmp_path / "test_rule.py").write_text(TEST)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


async def test_what_tests_do_not_notice_survives(checkout: Path) -> None:
    mutants = list(in_python.mutants("rule.py", RULE))
    trial = Trial(checkout, ["test_rule.py"], workers=4)
    verdicts = [verdict async for verdict in trial.run(mutants)]
    assert {verdict.mutant for verdict in verdicts} == set(mutants)
    noticed = {(mutant.was, mutant.is_now) for mutant, noticed in verdicts if noticed}
    assert noticed == {("min", "max"), ("units * each", "units // each"), ("not each", "each")}
    assert (checkout / "rule.py").read_text() == RULE


async def test_tests_that_fail_by_themselves_tell_nothing(checkout: Path) -> None:
    (checkout / "test_rule.py").write_text("def test_a_price():\n    assert False\n")
    with pytest.raises(BaselineFailedError, match="assert False"):
        [verdict async for verdict in Trial(checkout, ["test_rule.py"], workers=1).run([])]
