"""`fieldhouse scale`: put load on one service of a running store, and see replicas come and go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commands.deploying.serve_control import ServeControl, hosts_of
from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from commands.loading.display import seconds as spelt
from commands.page import ConsolePage
from commands.scaling.observed import ScalingRun
from commands.scaling.picture import picture
from commands.scaling.trial import LOADS, Trial
from commands.serve_status import dashboard
from deployments.foundation.values.settings import settings

_SERVICE = Annotated[str, typer.Argument(help="catalog or checkout.", show_default=False)]
_LONGEST_SECONDS = 300.0


class NotLoadedError(CommandError):
    """There is no load for a service, or nobody hosts it; the message says what there is."""

    status = UNUSABLE


def report(page: ConsolePage, observed: ScalingRun, application: str) -> int:
    """What was seen, in a table; whether replicas came and went and nothing failed."""
    first, last = observed.first_more(application), observed.last_gone(application)
    others = observed.others_that_grew(application)
    page.table(
        ("what", "seen>"),
        [
            ("first new replica serves, after the load's begin", _told(first)),
            ("last one gone, after its end", _told(last)),
            ("replicas at most", str(observed.most(application))),
            ("other applications that grew", ", ".join(others) or "none"),
            ("requests", str(len(observed.replies))),
            ("requests that failed", str(observed.trouble.total())),
            ("p99 before the load", spelt(observed.p99(float("-inf"), 0))),
            ("p99 until the first new replica", spelt(observed.p99(0, first or observed.loaded))),
            ("p99 after it, under load", spelt(observed.p99(first or 0, observed.loaded))),
        ],
    )
    for trouble, count in observed.trouble.most_common():
        page.say(f"{trouble}: {count}", "yellow")
    came_and_went = first is not None and last is not None
    return OK if came_and_went and not observed.trouble else FOUND


def scale(
    service: _SERVICE,
    connections: Annotated[int, typer.Option(help="Clients that ask at once.", min=1)] = 64,
    seconds: Annotated[float, typer.Option(help="How long they ask.", min=1)] = 60,
    drawing: Annotated[Path | None, typer.Option(help="A file for the picture, as SVG.")] = None,
) -> int:
    """Load one service of the running store, and watch it scale.

    Start the store with FIELDHOUSE_RATE_LIMITS=off.
    """
    if service not in LOADS:
        raise NotLoadedError(f"There is no load for {service}: {', '.join(LOADS)}.")
    serve, page = ServeControl(dashboard()), ConsolePage()
    hosts = hosts_of(serve.find().declared, service)
    if not hosts:
        raise NotLoadedError(f"No application hosts {service}.")
    (application, *_) = hosts
    observed = ScalingRun(service=service, connections=connections)
    said = settings()
    trial = Trial(said.url or said.local_url, serve, application, observed)
    page.say(f"{connections} connections on {service} for {seconds:.0f} s, and then until it rests")
    asyncio.run(trial.run(seconds, _LONGEST_SECONDS))
    if drawing is not None:
        drawing.write_text(picture(observed, application) + "\n")
    return report(page, observed, application)


def _told(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
