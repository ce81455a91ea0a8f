"""`fieldhouse config`: the settings, what they are now, and the page that documents them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic.fields import FieldInfo

from commands.documents import CheckOnly, keep
from commands.exit_status import OK, command
from commands.page import wide_page
from commands.preflight import check_settings
from deployments.foundation.values.setting_sections import Section
from deployments.foundation.values.setting_words import takes, variable
from deployments.foundation.values.settings import SECTIONS, Settings, settings

FILE = Path(__file__).parents[1] / "docs" / "configuration.md"
_INTRODUCTION = """\
# Configuration

Made by `fieldhouse config page` from `deployments/foundation/values/setting_sections.py`.

The store is configured by environment variables, the same on every node. An empty variable counts
as unset. `fieldhouse config` shows what is in effect, and `fieldhouse config check` says in a
sentence what makes no sense; `fieldhouse run` refuses to start with it. Secrets are marked: they
are never shown.
"""
app = typer.Typer(help="Show, check and document the settings.")


@app.callback(invoke_without_command=True)
def config(context: typer.Context) -> None:
    """Show the settings, what they are now, and what they are for."""
    if context.invoked_subcommand is None:
        show()


@app.command("show")
@command
def show() -> int:
    """Show every setting and its value. A secret's value is hidden."""
    said = settings()
    rows = [
        [variable(name, field), "set" if name in said.model_fields_set else "", _value(said, name)]
        for name, field in Settings.model_fields.items()
    ]
    wide_page().table(("variable", "", "value"), sorted(rows))
    return OK


def _value(said: Settings, name: str) -> str:
    value = getattr(said, name)
    if isinstance(value, dict):
        return ", ".join(sorted(value))
    return "" if value is None else str(value)


@app.command("check")
@command
def check() -> int:
    """Say what makes no sense; exit with 2 if anything does not."""
    check_settings()
    typer.echo("The settings can be used.")
    return OK


@app.command("page")
@command
def page(*, check: CheckOnly = False) -> int:
    """Write docs/configuration.md anew."""
    return keep({FILE: text()}, check=check)


def text() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(line for section in SECTIONS for line in _lines(section))])


def _lines(section: type[Section]) -> Iterator[str]:
    heading, _, sentence = (section.__doc__ or "").partition(": ")
    yield f"## {heading}\n\n{sentence[:1].upper()}{sentence[1:]}\n"
    yield "| variable | takes | default | what for |"
    yield "| --- | --- | --- | --- |"
    for name, field in section.model_fields.items():
        columns = (f"`{variable(name, field)}`", takes(field), _default(field), field.description)
        yield f"| {' | '.join(map(str, columns))} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if "SecretStr" in str(field.annotation):
        return "none; a secret"
    value = field.get_default()
    return "none" if value is None or value == "" else f"`{value}`"
