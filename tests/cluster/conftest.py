"""A cluster of three machines with a store on it, for all tests of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.cluster.cluster_store import ClusterStore
from tests.cluster.running import running_cluster

WORKERS = 2
REPLICAS = 2
"""Of each service, so that a node may vanish and nobody has to wait for another replica."""


@pytest.fixture(scope="session")
async def cluster() -> AsyncIterator[ClusterStore]:
    """A head and workers."""
    async with running_cluster(WORKERS, REPLICAS) as store:
        yield store
