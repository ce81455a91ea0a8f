"""One store for all alerts: what a test breaks, it mends."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from redis.asyncio import Redis

from tests.alerts.watched_store import WatchedStore, watched_store
from tests.unit.datastore.deployed_store import name_redis
from tests.unit.notifications.smtp_server import smtp_server
from tests.unit.webhooks.receiver import receiver
from tests.valkey import valkey_server


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WatchedStore]:
    """A store on a Redis of its own."""
    directory = tmp_path_factory.mktemp("alerts")
    key = ECKey.generate_key("P-256", private=True).as_pem(private=True).decode()
    # A unix socket's path must be short.
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="fieldhouse-") as short,
        valkey_server(Path(short)) as socket,
    ):
        async with (
            Redis(unix_socket_path=str(socket), decode_responses=True) as admin,
            receiver() as hook,
            smtp_server() as smtp,
        ):
            name_redis(
                *(patch, f"unix://{socket}"),
                FIELDHOUSE_DATA=str(directory),
                FIELDHOUSE_SIGNING_KEYS=key,
                FIELDHOUSE_WEBHOOKS_LOOPBACK="allow",
                SMTP_URL=smtp.url,
            )
            async with watched_store(admin, hook, smtp, directory) as store:
                yield store
