"""A service of a cluster goes to another release, and the head that it was typed on is lost."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from commands.run_settings import PROJECT
from tests.cluster.cluster_store import ClusterStore
from tests.cluster.machine import CommandFailedError
from tests.cluster.nodes import whole

pytestmark = pytest.mark.cluster

SERVICE = "pricing"


def zipped(directory: Path, name: str) -> str:
    """The checkout's code as a zip that every machine reaches, and its address."""
    parts = directory / name
    for part in ("actors", "data", "deployments"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / part, parts / part, ignore=ignored)
    return f"file://{shutil.make_archive(str(parts), 'zip', parts)}"


async def typed(cluster: ClusterStore, words: str) -> str:
    """What `fieldhouse` says on the head."""
    return await asyncio.to_thread(cluster.operate, f".venv/bin/fieldhouse {words}")


async def runs(cluster: ClusterStore, release: str, previous: str) -> None:
    """The service runs the release and ran the other one before, and `releases` says so."""
    told = await typed(cluster, "releases")
    (line,) = (line for line in told.splitlines() if line.startswith(f"| {SERVICE} "))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[2:5:2] == ["RUNNING", release], told
    assert cells[-1] == previous, told


async def test_what_was_deployed_stays_and_is_known_to_another_head(
    cluster: ClusterStore, tmp_path: Path
) -> None:
    first, second = zipped(tmp_path, "first"), zipped(tmp_path, "second")
    await typed(cluster, f"deploy {SERVICE} --code {first}")
    await runs(cluster, "first", "as installed")

    cluster.head.kill()
    await asyncio.to_thread(cluster.start_head)
    await whole(cluster)
    await runs(cluster, "first", "-")
    with pytest.raises(CommandFailedError, match="Nobody has written down here"):
        await typed(cluster, f"rollback {SERVICE}")
    await typed(cluster, "declare --replicas 2")
    await runs(cluster, "first", "-")

    await typed(cluster, f"deploy {SERVICE} --code {second}")
    await runs(cluster, "second", "first")
    await typed(cluster, f"rollback {SERVICE}")
    await runs(cluster, "first", "second")
