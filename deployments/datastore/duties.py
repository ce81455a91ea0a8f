"""What keeps the store's Redis ready: running the embedded server, or creating users on others."""

from __future__ import annotations

import logging

from deployments.datastore.provisioning import provisioning
from deployments.datastore.server import ValkeyServer
from deployments.datastore.users import own_urls
from deployments.foundation.events.loop import Loop, Runnable
from deployments.foundation.redis.connection import configured_secret
from deployments.foundation.values.settings import settings

PROVISION_EVERY_SECONDS = 30.0
_log = logging.getLogger(__name__)


def duties() -> list[Runnable]:
    """What the environment asks for; nothing where the URLs' credentials do for all."""
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
