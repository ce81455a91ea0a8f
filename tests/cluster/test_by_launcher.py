"""`ray up` brings the store to machines of one's own, over SSH."""

from __future__ import annotations

import pytest

from tests.cluster.launched_store import LaunchedStore, is_launchable
from tests.cluster.nodes import replicas_on, whole
from tests.cluster.running import running_cluster
from tests.integration.shopper import Shopper

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not is_launchable(), reason="takes openssh-server and rsync"),
]

WORKERS = 2
"""Ray 2.60 launches one of them where machines are named by address, see docs/cluster.md."""
LINES = [("PA-T100", 1)]


async def test_the_launcher_brings_the_store_up() -> None:
    async with running_cluster(WORKERS, 1, kind=LaunchedStore) as store:
        assert isinstance(store, LaunchedStore)
        await whole(store)
        assert (await replicas_on(store))["head"] == 0
        async with store.client() as client:
            shopper = Shopper(client)
            session = await shopper.complete(await shopper.open(LINES))
        assert session["status"] == "completed"
