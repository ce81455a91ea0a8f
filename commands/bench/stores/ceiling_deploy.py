"""Puts the empty route beside a running store.

`python -m commands.bench.stores.ceiling_deploy ADDRESS`, the address being that of its Ray.

It comes when the store is up and has been idle, so that start, memory and idleness are the store's.
"""

from __future__ import annotations

import logging
import sys

import ray
from ray import serve

from commands.bench.stores.ceiling import application
from commands.bench.stores.ceiling_routes import PREFIX


def main(address: str) -> None:
    """Deploy it, and wait until it runs."""
    ray.init(address=address, namespace="serve", log_to_driver=False, logging_level=logging.ERROR)
    serve.run(application(), name="ceiling", route_prefix=PREFIX)


if __name__ == "__main__":
    main(sys.argv[1])
