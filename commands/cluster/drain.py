"""`fieldhouse drain`: a node is emptied, service by service, and then taken out of the cluster."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from commands.cluster.moving import Mover, movable_on
from commands.cluster.nodes import WorkerNode, other_than, worker_node, worker_nodes
from commands.deploying.serve_control import NoServeError, ServeControl
from commands.deploying.turn import turn
from commands.exit_status import OK, CommandError
from commands.page import ConsolePage
from commands.serve_status import dashboard
from deployments.foundation.values.private_files import make_private
from deployments.foundation.values.settings import settings

_ROUNDS = 2
"""Serve may scale a service onto the node while others are moved."""
_EVERY_SECONDS = 1.0
_RAY = Path(sys.executable).with_name("ray")


class NotDrainedError(CommandError):
    """The node is not empty, or Ray does not let it go; the message says what is left, or why."""


def drain(
    node: Annotated[str, typer.Argument(help="Its address, or how Ray's id of it begins.")],
    *,
    within: Annotated[float, typer.Option(help="Seconds for each service.", min=1)] = 180,
) -> int:
    """Empty a node before it is taken away.

    Services that are on it start anew on others, one after the other, each beside its old replicas,
    which serve meanwhile. Then Ray puts nothing there any more. Can be repeated.
    """
    page, data = ConsolePage(), settings().data_directory
    workers = worker_nodes(dashboard())
    leaving = worker_node(workers, node)
    other_than(workers, leaving)
    make_private(data.resolve())
    with turn(data.resolve(), f"drain of {leaving.address}"):
        _move(leaving, page, within)
        _take_out(leaving, within)
        _until_empty(leaving, within)
    page.say(f"Nothing is left on {leaving.address}: end Ray there (`ray stop`).")
    return OK


def _move(leaving: WorkerNode, page: ConsolePage, within: float) -> None:
    serve = ServeControl(dashboard())
    mover = Mover(serve, page.say, seconds=within)
    for _ in range(_ROUNDS):
        for application in list(movable_on(serve.find(), leaving.id)):
            mover.move(application, away_from=leaving.id)


def _take_out(leaving: WorkerNode, within: float) -> None:
    """Have Ray put nothing there any more. What came there meanwhile Serve starts elsewhere first,
    as it does with what cannot start beside itself."""
    words = ["--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "fieldhouse drain"]
    seconds = ["--deadline-remaining-seconds", f"{within:.0f}"]
    done = subprocess.run(
        [_RAY, "drain-node", "--node-id", leaving.id, *words, *seconds],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotDrainedError(f"Ray does not let {leaving.address} go: {done.stdout.strip()}")


def _until_empty(leaving: WorkerNode, within: float) -> None:
    serve, last = ServeControl(dashboard()), time.monotonic() + within
    while left := _left(serve, leaving.id):
        if time.monotonic() > last:
            raise NotDrainedError(f"Still on {leaving.address}: {', '.join(left)}. Wait for it.")
        time.sleep(_EVERY_SECONDS)


def _left(serve: ServeControl, node: str) -> list[str]:
    """What of the store is on a node still; all of it while Serve does not answer."""
    with suppress(NoServeError):
        return serve.find().on(node)
    return ["Serve does not say what"]
