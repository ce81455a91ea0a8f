"""`fieldhouse export WHAT`: products, prices, stock, codes, orders or customers as a file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.back_office import back_office
from commands.exit_status import OK

What = Literal["products", "prices", "stock", "codes", "orders", "customers"]


def export(
    what: Annotated[What, typer.Argument(help="What of.")],
    *,
    to: Annotated[
        Path | None,
        typer.Option(help="The file; .xlsx makes a workbook. Else WHAT.csv.", metavar="FILE"),
    ] = None,
) -> int:
    """Take what the store has away as a file."""
    asyncio.run(_export(what, to or Path(f"{what}.csv")))
    return OK


async def _export(what: str, file: Path) -> None:
    """Write beside the file first, so that what was there stays if the store breaks off."""
    format_ = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
    partial = file.with_name(f".{file.name}.part")
    size = 0
    try:
        # What is in it is not everybody's.
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            async with back_office() as office:
                async for part in office.download(f"/exports/{what}", format_):
                    size += out.write(part)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    print(f"{file}: {size:,} bytes")
