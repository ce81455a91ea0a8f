"""`fieldhouse import FILE`: a file is compared with what there is, and runs when one says so.

The store works at it by itself: whoever interrupts the command, or calls it again with the same
file, finds the import where it has come to by then. Nothing takes effect twice.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import Progress

from commands.back_office import BackOffice, Json, back_office
from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from commands.page import ConsolePage, wide_page
from deployments.backoffice.tables.safe_cells import shielded

Kind = Literal["products", "prices", "stock", "codes"]
_LOOK_SECONDS = 0.5
_PART_BYTES = 256 * 1024
_SHOWN = 20
_MOVING = {"checking", "running"}
_COUNTS = ("new", "changed", "same", "refused")


class NoFileError(CommandError):
    """There is no such file, or it cannot be read."""

    status = UNUSABLE


class ImportFailedError(CommandError):
    """The store gave the import up; the message says why."""


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.", metavar="FILE")],
    *,
    kind: Annotated[Kind, typer.Option(help="What the file is of.")] = "products",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run it without asking.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Take a known file in anew.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="A CSV file for refused rows.", metavar="FILE")
    ] = None,
) -> int:
    """Import products, prices, stock or codes from a file."""
    if not file.is_file():
        raise NoFileError(f"There is no file {file}.")
    return asyncio.run(
        _Import(wide_page(), kind, report).go(
            file, reason, again=again, runs=None if not (dry_run or yes) else not dry_run
        )
    )


class _Import:
    """One import, as whoever called the command follows it."""

    def __init__(self, page: ConsolePage, kind: str, report: Path | None) -> None:
        self._page, self._path, self._report = page, f"/imports/{kind}", report

    async def go(self, file: Path, reason: str, *, again: bool, runs: bool | None) -> int:
        """Hand the file in, follow it, and run it if that is wanted; none asks."""
        async with back_office() as office:
            query = {"name": file.name, "again": "true" if again else "false"}
            made = await office.ask("POST", self._path, params=query, content=_content(file))
            run = await self._followed(office, made["id"])
            if run["state"] in {"ready", "stopped"}:
                self._tell("Compared", run["checked"])
                would = run["checked"]["new"] + run["checked"]["changed"]
                if would and (self._confirmed(would) if runs is None else runs):
                    where = f"{self._path}/{run['id']}"
                    await office.ask("POST", f"{where}/run", json={"reason": reason})
                    run = await self._followed(office, run["id"])
            if run["state"] == "done":
                self._tell("Taken effect", run["made"])
            return await self._reported(office, run)

    async def _followed(self, office: BackOffice, id_: str) -> Json:
        """The import when nothing moves any more."""
        with Progress(console=self._page.console, transient=True) as progress:
            task = progress.add_task("reading", total=None)
            while (run := await office.ask("GET", f"{self._path}/{id_}"))["state"] in _MOVING:
                step = "made" if run["state"] == "running" else "checked"
                done = sum(run[step][name] for name in _COUNTS)
                progress.update(
                    task, description=run["state"], total=run.get("total"), completed=done
                )
                await asyncio.sleep(_LOOK_SECONDS)
        if run["state"] == "failed":
            sentence = str(run["trouble"])
            values = run["trouble_values"]
            raise ImportFailedError(sentence % values if values else sentence)
        found: Json = run
        return found

    def _tell(self, what: str, tally: Json) -> None:
        counts = ", ".join(f"{tally[name]:,} {name}" for name in _COUNTS)
        self._page.say(f"{what}: {counts}.")

    def _confirmed(self, would: int) -> bool:
        return typer.confirm(f"   Run it? {would:,} will be new or changed.")

    async def _reported(self, office: BackOffice, run: Json) -> int:
        """Show the refused rows, and write them where that is wanted."""
        rows = [row async for row in self._refused(office, run["id"])]
        for row in rows[:_SHOWN]:
            self._page.say(f"row {row['row']}, {row['subject'] or '-'}: {row['why']}", "yellow")
        if len(rows) > _SHOWN:
            self._page.say(f"... and {len(rows) - _SHOWN:,} more.", "yellow")
        if self._report is not None:
            _write(self._report, rows)
        return FOUND if rows else OK

    async def _refused(self, office: BackOffice, id_: str) -> AsyncIterator[Json]:
        cursor: int | None = 0
        while cursor is not None:
            path = f"{self._path}/{id_}/refused"
            found = await office.ask("GET", path, params={"cursor": cursor})
            for row in found["rows"]:
                yield row
            cursor = found.get("cursor")


async def _content(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while part := await asyncio.to_thread(source.read, _PART_BYTES):
            yield part


def _write(report: Path, rows: list[Json]) -> None:
    with report.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out)
        writer.writerow(("row", "what of", "why"))
        writer.writerows(
            (row["row"], shielded(row["subject"]), shielded(row["why"])) for row in rows
        )
