"""Owns the store's Redis: runs the embedded server, or creates its users on an external one.

Two may run at once, during an upgrade: the second embedded server waits for the lock of the
first, and creating users is idempotent.
"""

from __future__ import annotations

import logging

import ray

from deployments.datastore.provisioning import own_urls, provisioning
from deployments.datastore.server import ValkeyServer
from deployments.foundation.events.loop import Loop, Runnable, start
from deployments.foundation.redis.connection import configured_secret
from deployments.foundation.values.settings import settings

PROVISION_EVERY_SECONDS = 30.0
_log = logging.getLogger(__name__)


def duties() -> list[Runnable]:
    """What the environment asks of this actor; nothing where the URLs' credentials do for all."""
    url, secret = settings().shared_redis_url, configured_secret()
    todo: list[Runnable] = []
    if url is None:
        todo.append(ValkeyServer(settings().data_directory.resolve(), settings().socket_path))
    elif secret is None:
        _log.warning(
            "FIELDHOUSE_REDIS_SECRET is not set: all services share REDIS_URL's credentials"
        )
    if secret is not None and (url is not None or own_urls()):
        todo.append(Loop("redis_users", provisioning(url, secret), every=PROVISION_EVERY_SECONDS))
    return todo


@ray.remote
class EmbeddedRedis:
    """The actor of the datastore's application; its process ends with any of its duties."""

    def __init__(self) -> None:
        self._running = [start(duty) for duty in duties()]

    async def is_running(self) -> bool:
        """Whether the duties are being done; whoever gets an answer reads true."""
        return not any(duty.done() for duty in self._running)
