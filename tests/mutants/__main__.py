"""`python -m tests.mutants SERVICE`, or `make mutants SERVICE=pricing`."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tests.mutants import in_lua, in_python
from tests.mutants.mutant import Mutant
from tests.mutants.trial import Trial

ROOT = Path(__file__).parents[2]
_RULES = (
    *("domain.py", "domain/*.py", "contract/*.py", "lua/*.lua"),
    *("saga*.py", "steps.py", "quote.py", "failures.py", "recovery.py"),
)


def found(service: str) -> Iterator[Mutant]:
    """All mutants of a service's rules, scripts and saga."""
    directory = ROOT / "deployments" / service
    for file in sorted({file for pattern in _RULES for file in directory.glob(pattern)}):
        kind = in_lua if file.suffix == ".lua" else in_python
        yield from kind.mutants(str(file.relative_to(ROOT)), file.read_text())


def chosen(service: str, count: int, seed: int) -> list[Mutant]:
    """So many of them, the same for a seed; all if there are fewer, or none is asked for."""
    mutants = list(found(service))
    if 0 < count < len(mutants):
        mutants = random.Random(seed).sample(mutants, count)
    return mutants


async def tried(mutants: list[Mutant], tests: list[str], workers: int) -> list[Mutant]:
    """Those that the tests did not notice."""
    survivors: list[Mutant] = []
    async for verdict in Trial(ROOT, tests, workers=workers).run(mutants):
        if not verdict.noticed:
            survivors.append(verdict.mutant)
        print("." if verdict.noticed else f"\nsurvives {verdict.mutant}", end="", flush=True)
    return survivors


def main(
    service: Annotated[str, typer.Argument(help="Whose rules are changed.")],
    count: Annotated[int, typer.Option(help="How many changes are tried; 0 tries all.")] = 40,
    seed: Annotated[int, typer.Option(help="Which of them.")] = 1,
    tests: Annotated[list[str] | None, typer.Option(help="Tests beside the service's own.")] = None,
    workers: Annotated[int, typer.Option(help="How many at a time.")] = os.cpu_count() or 1,
) -> None:
    """Change a service's rules, Lua scripts and saga, one place at a time, and run its tests."""
    mutants = chosen(service, count, seed)
    run = [f"tests/unit/{service}", *(tests or [])]
    survivors = asyncio.run(tried(mutants, run, workers))
    print(f"\n{len(mutants) - len(survivors)} of {len(mutants)} changes were noticed.")
    for survivor in sorted(survivors, key=str):
        print(survivor)
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    typer.run(main)
