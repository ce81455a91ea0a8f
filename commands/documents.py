"""Documents that are generated from the code: written anew, or only compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from commands import architecture_page, asyncapi, events_page
from commands.exit_status import FOUND, OK
from commands.openapi import as_text
from deployments.profile.routes import OPENAPI_FILE

CheckOnly = Annotated[
    bool,
    typer.Option("--check", help="Write nothing; exit with 1 if a document is stale."),
]


def openapi(*, check: CheckOnly = False) -> int:
    """Write the API's document, from all routes."""
    return keep({OPENAPI_FILE: as_text()}, check=check)


def events(*, check: CheckOnly = False) -> int:
    """Write the events' documents and the picture of services."""
    pages = (asyncapi, events_page, architecture_page)
    texts = {page.FILE: page.text() for page in pages}
    return keep(texts, check=check)


def keep(texts: Mapping[Path, str], *, check: bool) -> int:
    """Write each document that is not as it should be, or say which these are."""
    stale = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
    for file in stale:
        if not check:
            file.write_text(texts[file])
        typer.echo(f"{file} {'is stale' if check else 'is written'}.")
    return FOUND if check and stale else OK
