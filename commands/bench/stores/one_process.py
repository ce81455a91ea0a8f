"""The store in one process, with an empty route on the same server."""

from __future__ import annotations

import sys

from starlette.types import ASGIApp

from commands.bench.stores.ceiling_routes import PREFIX, ceiling_app
from commands.dev import run_in_one_process
from deployments.foundation.placement.host import Host
from deployments.foundation.placement.prefixes import Prefixes


def with_ceiling(host: Host) -> ASGIApp:
    """The store's routes, and the empty one."""
    return Prefixes({PREFIX: ceiling_app(), "": host.app()})


if __name__ == "__main__":
    sys.exit(run_in_one_process(with_ceiling))
