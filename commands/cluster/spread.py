"""`fieldhouse spread`: no service is on one node alone, after nodes have come back."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cluster.moving import Mover, on_one_node
from commands.cluster.nodes import worker_nodes
from commands.deploying.serve_control import ServeControl
from commands.deploying.turn import turn
from commands.exit_status import OK, CommandError
from commands.page import ConsolePage
from commands.serve_status import dashboard
from deployments.foundation.values.private_files import make_private
from deployments.foundation.values.settings import settings

_ROUNDS = 3
"""Who is moved first finds the old node full and the new one empty, and goes there as a whole."""


class StillTogetherError(CommandError):
    """Services are still on one node; the message says which, and what to look at."""


def spread(
    *,
    within: Annotated[float, typer.Option(help="Seconds for each service.", min=1)] = 180,
) -> int:
    """Start services anew that are on one node only.

    Their replicas lie on several nodes then, as long as there is room. One service after the
    other, each beside its old replicas, which serve meanwhile. What it runs stays.
    """
    page, serve, data = ConsolePage(), ServeControl(dashboard()), settings().data_directory
    if len(worker_nodes(dashboard())) == 1:
        page.say("There is one node for replicas: start another one first.")
        return OK
    make_private(data.resolve())
    with turn(data.resolve(), "spread"):
        mover = Mover(serve, page.say, seconds=within)
        for _ in range(_ROUNDS):
            for application in list(on_one_node(serve.find())):
                mover.move(application)
    if left := list(on_one_node(serve.find())):
        raise StillTogetherError(
            f"Still on one node: {', '.join(left)}. Have the others room (`ray status`), and is "
            "none of them being drained?"
        )
    page.say("Every service that has several replicas has them on several nodes.")
    return OK
