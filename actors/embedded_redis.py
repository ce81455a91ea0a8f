"""Owns the store's Redis: runs the embedded server, or creates its users on an external one.

Two may run at once, during an upgrade: the second embedded server waits for the lock of the
first, and creating users is idempotent.
"""

from __future__ import annotations

import ray

from deployments.datastore.duties import duties
from deployments.foundation.events.loop import start


@ray.remote
class EmbeddedRedis:
    """The actor of the datastore's application; its process ends with any of its duties."""

    def __init__(self) -> None:
        self._running = [start(duty) for duty in duties()]

    async def is_running(self) -> bool:
        """Whether the duties are being done; whoever gets an answer reads true."""
        return not any(duty.done() for duty in self._running)
