"""A process that consumes for one service and runs its loops, without Ray, until it is killed.

python -m tests.events.worker SERVICE DIRECTORY

The store is the one that the environment names, as for the store's own processes.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import client
from deployments.store import placed
from tests.events.effect_log import EffectLog

OPTIONS = ConsumerOptions(
    lease_seconds=2.0, renew_seconds=0.4, block_seconds=0.2, recovery_seconds=0.2
)
"""As in production, but a dead reader's partitions are free after two seconds."""
_COMPOSED_WITH: dict[str, dict[str, Any]] = {
    "notifications": {"claim_seconds": 3.0},
    "webhooks": {"claim_seconds": 3.0},
}
"""So soon a mail or a webhook is left to others by a sender that was killed."""


async def main(service: str, directory: str) -> None:
    """Go on for ever."""
    redis, log = client(service), EffectLog(Path(directory), service)
    services = [
        replace(one, compose=partial(one.compose, **_COMPOSED_WITH.get(one.name, {})))
        for one in placed()
    ]
    composed = Host(services, client, nowhere).services[service]
    subscriptions = [log.watched(each, redis) for each in composed.subscriptions]
    consumer = Consumer(
        service, redis, lambda at: client(service, at=at), subscriptions, options=OPTIONS
    )
    await composed.start()
    await asyncio.gather(consumer.run(), *(loop.run() for loop in composed.loops))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
