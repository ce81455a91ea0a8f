"""Owns the store's Redis: runs the embedded server, or creates its users on an external one.

Two may run at once, during an upgrade: the second embedded server waits for the lock of the
first, and creating users is idempotent.
"""

from __future__ import annotations

import logging

import ray

from actors.loop import Loop, Running, start
from actors.redis_provisioning import provisioning
from actors.valkey_server import ValkeyServer
from deployments.foundation.redis import secret
from deployments.foundation.settings import data_directory, shared_redis_url, socket_path

PROVISION_EVERY_SECONDS = 30.0
_log = logging.getLogger(__name__)


def duty() -> Running | None:
    """What the environment asks of this actor; none when the URL's own credentials do for all."""
    url = shared_redis_url()
    if url is None:
        return ValkeyServer(data_directory().resolve(), socket_path())
    if (shared := secret()) is not None:
        return Loop("redis_users", provisioning(url, shared), every=PROVISION_EVERY_SECONDS)
    _log.warning("FIELDHOUSE_REDIS_SECRET is not set: all services share REDIS_URL's credentials")
    return None


@ray.remote
class EmbeddedRedis:
    """The actor of the datastore's application; its process ends with its duty."""

    def __init__(self) -> None:
        todo = duty()
        self._running = start(todo) if todo else None

    async def is_running(self) -> bool:
        """Whether the duty is being done; whoever gets an answer reads true."""
        return self._running is None or not self._running.done()
