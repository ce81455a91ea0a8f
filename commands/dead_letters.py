"""`fieldhouse dead-letters`: what services gave up, to list, show, replay and drop.

These are events that a subscriber could not handle, and deliveries that a platform's endpoint did
not take. An event that is replayed goes to its handler within seconds if the store runs, else when
it does; until it has taken effect it stays a dead letter. A delivery is tried for another day, with
the order as it was then, even if its endpoint has taken a newer state of it since. A letter expires
after 30 days.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated

import typer

from commands.dead_letter_actions import (
    KINDS,
    Act,
    Selection,
    carry_out,
    drop,
    listed,
    replay,
    show,
)
from commands.exit_status import command
from commands.page import wide_page
from deployments.topology import SUBSCRIPTIONS

_ID = re.compile(r"\d{1,20}-\d{1,20}")


def _known(service: str | None) -> str | None:
    if service is not None and service not in SUBSCRIPTIONS:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(sorted(SUBSCRIPTIONS))}")
    return service


def _known_kind(kind: str | None) -> str | None:
    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}")
    return kind


def _ids(ids: list[str]) -> list[str]:
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise typer.BadParameter(f"{id_!r} is no id: take it from `list`")
    return ids


Service = Annotated[
    str | None,
    typer.Option(
        callback=_known,
        autocompletion=lambda: sorted(SUBSCRIPTIONS),
        help="Only the dead letters of this service.",
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        callback=_known_kind,
        autocompletion=lambda: list(KINDS),
        help="Only events, or only deliveries of webhooks.",
    ),
]
Ids = Annotated[list[str], typer.Argument(callback=_ids, metavar="ID...", help="Which ones.")]
SomeIds = Annotated[
    list[str] | None,
    typer.Argument(callback=lambda ids: _ids(ids or []), metavar="[ID...]", help="Which ones."),
]
Every = Annotated[bool, typer.Option("--all", help="All there are.")]
app = typer.Typer(help="Look after events and webhooks that were given up.")


@app.callback(invoke_without_command=True)
def dead_letters(context: typer.Context) -> None:
    """List, show, replay and drop what services gave up."""
    if context.invoked_subcommand is None:
        list_letters()


@app.command("list")
@command
def list_letters(
    *,
    service: Service = None,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of each service and kind.")] = 50,
) -> int:
    """List the oldest dead letters."""
    return asyncio.run(listed(Selection(service, kind), wide_page(), limit))


@app.command("show")
@command
def show_letters(ids: Ids, *, service: Service = None, kind: Kind = None) -> int:
    """Show everything about dead letters."""
    return asyncio.run(carry_out(show, ids, Selection(service, kind), wide_page(), every=False))


@app.command("replay")
@command
def replay_letters(
    ids: SomeIds = None, *, every: Every = False, service: Service = None, kind: Kind = None
) -> int:
    """Deliver dead letters again."""
    return _act(replay, ids or [], Selection(service, kind), every=every)


@app.command("drop")
@command
def drop_letters(
    ids: SomeIds = None, *, every: Every = False, service: Service = None, kind: Kind = None
) -> int:
    """Remove dead letters for good."""
    return _act(drop, ids or [], Selection(service, kind), every=every)


def _act(act: Act, ids: Sequence[str], scope: Selection, *, every: bool) -> int:
    if every == bool(ids):
        raise typer.BadParameter("Name ids, or say --all.")
    return asyncio.run(carry_out(act, ids, scope, wide_page(), every=every))
