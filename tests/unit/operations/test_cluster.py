"""cluster.yaml is one that Ray's launcher accepts, and runs the store as `make run` does."""

from __future__ import annotations

import importlib.util
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from commands.run_settings import PROJECT
from deployments.foundation.values.setting_words import variable
from deployments.foundation.values.settings import Settings


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((PROJECT / "cluster.yaml").read_text())
    return config


def starts(cluster: dict[str, Any]) -> list[str]:
    """The commands that start Ray, on the head and on workers."""
    commands = cluster["head_start_ray_commands"] + cluster["worker_start_ray_commands"]
    return [command for command in commands if "ray start" in command]


def schema() -> dict[str, Any]:
    """Ray's own schema, found without importing Ray."""
    ray = importlib.util.find_spec("ray")
    assert ray is not None
    assert ray.origin is not None
    file = Path(ray.origin).parent / "autoscaler" / "ray-schema.json"
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_it_is_valid_by_rays_own_schema(cluster: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema())
    assert list(Draft7Validator(schema()).iter_errors(cluster)) == []


def test_the_schema_would_refuse_a_key_that_ray_does_not_know(cluster: dict[str, Any]) -> None:
    assert list(Draft7Validator(schema()).iter_errors({**cluster, "max_worker": 3})) != []


def test_head_and_workers_start_as_fast_and_as_guarded_as_make_run(
    cluster: dict[str, Any],
) -> None:
    commands = starts(cluster)
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command)
        assert "RAY_SERVE_ENABLE_HA_PROXY=1" in words
        assert "RAY_SERVE_THROUGHPUT_OPTIMIZED=1" in words
        assert "RAY_SERVE_HAPROXY_TUNE_BUFSIZE=65536" in words
        assert "RAY_SERVE_HAPROXY_BINARY_PATH=$PWD/commands/haproxy.py" in words
        assert words.index("PATH=$PWD/.venv/bin:$PATH") < words.index(".venv/bin/ray")
        assert "RAY_AUTH_MODE=token" in words
        # Whatever comes after `set -a` reaches replicas: addresses, keys and the token.
        assert words.index("-a") < words.index("RAY_AUTH_MODE=token")


def test_workers_scale_with_demand(cluster: dict[str, Any]) -> None:
    types = cluster["available_node_types"]
    assert types[cluster["head_node_type"]]["resources"] == {"CPU": 0}
    worker = types["worker"]
    assert worker["min_workers"] < worker["max_workers"] <= cluster["max_workers"]


def test_the_environment_comes_from_the_lock_file(cluster: dict[str, Any]) -> None:
    assert any("make .venv/.run" in command for command in cluster["setup_commands"])
    assert all("pip install" not in command for command in cluster["setup_commands"])
    for command in cluster["head_setup_commands"]:
        assert "--require-hashes" in command


def test_redis_is_outside_and_every_node_is_told_where(cluster: dict[str, Any]) -> None:
    example = (PROJECT / "cluster.env.example").read_text().splitlines()
    names = {line.partition("=")[0] for line in example if line and not line.startswith("#")}
    assert {"REDIS_URL", "FIELDHOUSE_REDIS_SECRET", "RAY_AUTH_TOKEN"} <= names
    assert names <= {variable(name, field) for name, field in Settings.model_fields.items()}
    assert {"FIELDHOUSE_PLATFORM_KEYS", "FIELDHOUSE_PAYMENTS"} <= names, "or nothing starts"
    assert "./cluster.env" in cluster["file_mounts"].values()


def test_replicas_can_be_reached_from_other_nodes(cluster: dict[str, Any]) -> None:
    (deploy,) = [c for c in cluster["head_start_ray_commands"] if "serve deploy" in c]
    assert "s/host: 127.0.0.1/host: 0.0.0.0/" in deploy
    assert (PROJECT / "serve_config.yaml").read_text().count("host: 127.0.0.1") == 1
