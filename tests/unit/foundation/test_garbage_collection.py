"""The collector of cycles leaves alone what stays for as long as the process."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from commands.ports import free_port
from commands.run_settings import PROJECT
from tests.conftest import ClientOf
from tests.in_process import composed

_LOOK = """
import gc, os, signal, sys
from commands.dev import run_in_one_process

def look(host):
    print(gc.get_freeze_count(), len(gc.get_objects()))
    os.kill(os.getpid(), signal.SIGTERM)
    return host.app()

sys.exit(run_in_one_process(look))
"""


@pytest.fixture
def threshold() -> Iterator[None]:
    """The tests' own process collects as before when the test has ended."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("threshold")
async def test_where_services_run_the_collector_waits_for_more(redis_of: ClientOf) -> None:
    gc.set_threshold(700)
    host = composed(redis_of, ())
    await host.start()
    await host.stop()
    assert gc.get_threshold()[0] > 5_000


async def test_in_one_process_what_has_started_is_set_aside() -> None:
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as data:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _LOOK),
            env={**os.environ, "FIELDHOUSE_DATA": data, "FIELDHOUSE_PORT": str(free_port())},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
        )
        said, _ = await running.communicate()
    first, *_ = said.decode().splitlines()
    kept, looked_at = map(int, first.split())
    assert kept > 10 * looked_at, said
