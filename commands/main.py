"""The command line of the store: `fieldhouse --help` lists what there is.

Every command ends with 0 if all is well, 1 if it found something, 2 if it was called wrongly or
what it needs does not answer, and 130 if it was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from commands import (
    config,
    dead_letters,
    demo,
    dev,
    documents,
    exporting,
    importing,
    lag,
    load,
    migrate,
    platform_key,
    redis_users,
    run,
    sagas,
    staff,
    webhooks,
)
from commands.audit.command import audit_store
from commands.backups.backup import backup
from commands.backups.restore import restore
from commands.bench.command import bench
from commands.cluster.declare import declare
from commands.cluster.kuberay import kuberay
from commands.deploying.command import deploy, releases, rollback
from commands.exit_status import command
from commands.monitoring.dashboards import dashboards
from commands.monitoring.logs import logs
from commands.monitoring.prometheus import prometheus
from commands.monitoring.status import status
from commands.scaling.command import scale

app = typer.Typer(
    name="fieldhouse",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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


app.command("run")(command(run.run_store))
app.command("declare")(command(declare))
app.command("kuberay")(command(kuberay))
app.command("deploy")(command(deploy))
app.command("rollback")(command(rollback))
app.command("releases")(command(releases))
app.command("audit")(command(audit_store))
app.command("dev")(command(dev.dev))
app.command("demo")(command(demo.demo))
app.command("status")(command(status))
app.command("logs")(command(logs))
app.command("lag")(command(lag.lag))
app.command("dashboards")(command(dashboards))
app.command("prometheus")(command(prometheus))
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(sagas.app, name="sagas")
app.command("import")(command(importing.import_file))
app.command("export")(command(exporting.export))
app.command("owner-link")(command(staff.owner_link))
app.add_typer(staff.app, name="staff")
app.add_typer(webhooks.app, name="webhooks")
app.command("load")(command(load.load))
app.command("scale")(command(scale))
app.command("bench")(command(bench))
app.command("backup")(command(backup))
app.command("restore")(command(restore))
app.command("migrate")(command(migrate.migrate))
app.command("platform-key")(command(platform_key.platform_key))
app.command("redis-users")(command(redis_users.redis_users))
app.add_typer(config.app, name="config")
app.command("openapi")(command(documents.openapi))
app.command("events")(command(documents.events))


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the words say, and exit."""
    app(arguments, prog_name="fieldhouse")
