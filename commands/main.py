"""The command line of the store: `fieldhouse --help` lists what there is.

Every command ends with 0 if all is well, 1 if it found something, 2 if it was called wrongly or
what it needs does not answer, and 130 if it was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from commands.exit_status import command

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "commands.run:run_store",
        "declare": "commands.cluster.declare:declare",
        "spread": "commands.cluster.spread:spread",
        "drain": "commands.cluster.drain:drain",
        "kuberay": "commands.cluster.kuberay:kuberay",
        "deploy": "commands.deploying.command:deploy",
        "rollback": "commands.deploying.command:rollback",
        "releases": "commands.deploying.command:releases",
        "audit": "commands.audit.command:audit_store",
        "dev": "commands.dev:dev",
        "demo": "commands.demo:demo",
        "status": "commands.monitoring.status:status",
        "logs": "commands.monitoring.logs:logs",
        "lag": "commands.lag:lag",
        "dashboards": "commands.monitoring.dashboards:dashboards",
        "prometheus": "commands.monitoring.prometheus:prometheus",
        "dead-letters": "commands.dead_letters:app",
        "sagas": "commands.sagas:app",
        "import": "commands.importing:import_file",
        "export": "commands.exporting:export",
        "owner-link": "commands.staff:owner_link",
        "staff": "commands.staff:app",
        "webhooks": "commands.webhooks:app",
        "load": "commands.load:load",
        "scale": "commands.scaling.command:scale",
        "bench": "commands.bench.command:bench",
        "backup": "commands.backups.backup:backup",
        "restore": "commands.backups.restore:restore",
        "migrate": "commands.migrate:migrate",
        "partition": "commands.partitioning:partition",
        "platform-key": "commands.platform_key:platform_key",
        "redis-users": "commands.redis_users:redis_users",
        "config": "commands.config:app",
        "openapi": "commands.documents:openapi",
        "events": "commands.documents:events",
    }
)
"""Where each command is. Only the one that is asked for is loaded: to load all takes a second."""


class _Commands(TyperGroup):
    """All commands, in the order of the table."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer hides the type.
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        return _loaded(cmd_name) if cmd_name in _COMMANDS else None


def _loaded(name: str) -> Any:  # noqa: ANN401
    module, attribute = _COMMANDS[name].split(":")
    found, parent = getattr(import_module(module), attribute), typer.Typer(**_STYLE)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name)
    else:
        parent.command(name)(command(found))
    return typer.main.get_group(parent).commands[name]


_STYLE: Mapping[str, Any] = MappingProxyType(
    {
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }
)
app = typer.Typer(
    name="fieldhouse",
    cls=_Commands,
    no_args_is_help=True,
    **_STYLE,
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value.
    if asked:
        typer.echo(version("fieldhouse"))
        raise typer.Exit


@app.callback()
def fieldhouse(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Run and look after a Fieldhouse store.

    Which store is meant, the environment says: `fieldhouse config` lists its settings.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the words say, and exit."""
    app(arguments, prog_name="fieldhouse")
