"""`fieldhouse declare`: the whole store, declared to a Ray cluster that runs."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from commands.cluster.declaration import declaration, with_what_stays
from commands.deploying.serve_control import Declared, Json, NoServeError, ServeControl
from commands.exit_status import OK, UNUSABLE, CommandError
from commands.page import ConsolePage
from commands.preflight import check_redis, check_settings
from commands.run_settings import APART
from commands.serve_status import FAILED, RUNNING, can_be_used, dashboard
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.values.settings import Settings, is_loopback, settings

_EVERY_SECONDS = 1.0


class NoClusterStoreError(CommandError):
    """The environment describes no store for several machines; the message says what is missing."""

    status = UNUSABLE


class NotServingError(CommandError):
    """What was declared does not serve; the message says which application, and why."""


def declare(
    *,
    config: Annotated[
        Path, typer.Option(help="Which application hosts which services.", dir_okay=False)
    ] = APART,
    replicas: Annotated[int, typer.Option(help="Of each service, at least.", min=1)] = 1,
    within: Annotated[float, typer.Option(help="Seconds in which all must serve.", min=1)] = 600,
) -> int:
    """Declare the store to a running Ray cluster.

    Waits until it serves. What was deployed to a service stays deployed.
    """
    said = settings()
    check_settings()
    require_cluster(said)
    check_redis()
    serve = ServeControl(dashboard())
    wanted = declaration(config, host=said.host, port=said.port, replicas=replicas)
    serve.declare(with_what_stays(wanted, serve.find().by_name()))
    seconds = _until_it_serves(serve, wanted, said.local_url, within)
    ConsolePage().say(f"The store serves after {seconds:.0f} s: {said.local_url}, on every node.")
    return OK


def require_cluster(said: Settings) -> None:
    """Nothing may be kept on a node or lead to one alone. Raises `NoClusterStoreError`."""
    if said.is_embedded:
        raise NoClusterStoreError("On a cluster Redis is outside: set REDIS_URL.")
    if is_loopback(said.host):
        raise NoClusterStoreError(
            "HAProxy reaches replicas on other nodes: set FIELDHOUSE_HOST=0.0.0.0."
        )
    if is_loopback(urlsplit(str(said.public_url)).hostname or ""):
        raise NoClusterStoreError(
            "Links would lead to each reader's own machine: set FIELDHOUSE_PUBLIC_URL."
        )
    if said.smtp_url is None:
        raise NoClusterStoreError("Mail would stay on the nodes' own disks: set SMTP_URL.")
    if not Objects(said.pictures_place).is_shared:
        raise NoClusterStoreError(
            "Pictures would lie where one node alone has them: set FIELDHOUSE_PICTURES=s3://…"
        )


def _until_it_serves(serve: ServeControl, wanted: Json, url: str, within: float) -> float:
    began, names = time.monotonic(), [app["name"] for app in wanted["applications"]]
    while True:
        found = None
        with suppress(NoServeError):
            found = serve.find()
        if found is not None:
            _must_not_fail(found, names)
        missing = [name for name in names if found is None or not _runs(found, name)]
        waited = time.monotonic() - began
        if not missing and can_be_used(url):
            return waited
        if waited > within:
            raise NotServingError(f"Not up after {waited:.0f} s: {', '.join(missing) or url}.")
        time.sleep(_EVERY_SECONDS)


def _runs(found: Declared, name: str) -> bool:
    return found.status(name).status == RUNNING


def _must_not_fail(found: Declared, names: list[str]) -> None:
    for name in names:
        status = found.status(name)
        if status.status == FAILED:
            raise NotServingError(f"{name} is {status.status}: {status.message}")
