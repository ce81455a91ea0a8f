"""cluster.yaml is one that Ray's launcher accepts, and runs the store as `make run` does."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from commands.cluster.declaration import declaration, with_what_stays
from commands.cluster.declare import NoClusterStoreError, require_cluster
from commands.cluster.node_variables import node_variables
from commands.run_settings import APART, PROJECT
from commands.serve_process import FIXED, USUAL
from deployments.foundation.values.setting_words import variable
from deployments.foundation.values.settings import Settings, settings


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


_REACHED = {"REDIS_URL": "redis://10.0.0.1", "FIELDHOUSE_HOST": "0.0.0.0"}
_LINKED = {**_REACHED, "FIELDHOUSE_PUBLIC_URL": "https://store.example"}
_MAILING = {**_LINKED, "SMTP_URL": "smtp://mail.example"}
_NEEDED = (*_MAILING, "FIELDHOUSE_PICTURES")


def test_nodes_are_as_fast_and_as_guarded_as_make_run() -> None:
    here = str(PROJECT)
    said = node_variables(here)
    alone = {
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S",  # 5 s here, 30 s on a cluster.
        "RAY_SERVE_SHUTDOWN_TIER_TIMEOUT_S",  # A cluster has no Redis that must go last.
    }
    alike = {**USUAL, **FIXED}.items()
    assert [name for name, value in alike if said.get(name) != value and name not in alone] == []
    assert said["PATH"].startswith(f"{here}/.venv/bin:")
    assert said["FIELDHOUSE_HOST"] == "0.0.0.0"


def test_serve_knows_every_variable_that_it_is_told() -> None:
    """It says nothing of a name that a newer Ray has given up."""
    serve = importlib.util.find_spec("ray.serve")
    assert serve is not None
    assert serve.origin is not None
    code = "".join(path.read_text() for path in Path(serve.origin).parent.rglob("*.py"))
    told = {name for name in {**USUAL, **FIXED} if name.startswith("RAY_SERVE_")}
    assert {name for name in told if name not in code} == set()


def test_every_node_starts_with_the_same_environment(cluster: dict[str, Any]) -> None:
    commands = starts(cluster)
    assert len(commands) == 2
    for command in commands:
        # Whatever comes after `set -a` reaches replicas: addresses, keys and the token.
        assert "set -a && . ./node.env && . ~/fieldhouse.env && ulimit" in command


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
    known = {variable(name, field) for name, field in Settings.model_fields.items()}
    assert names <= known | {"RAY_REDIS_USERNAME", "RAY_REDIS_PASSWORD"}
    assert {"FIELDHOUSE_PLATFORM_KEYS", "FIELDHOUSE_PAYMENTS"} <= names, "or nothing starts"
    assert "./cluster.env" in cluster["file_mounts"].values()


def test_nothing_that_is_mounted_by_itself_is_left_out(cluster: dict[str, Any]) -> None:
    mounted = {Path(source).name for source in cluster["file_mounts"].values()}
    assert not mounted & set(cluster["rsync_exclude"]), "rsync leaves it out wherever it comes from"


def test_the_store_is_declared_by_the_command_that_knows_its_settings(
    cluster: dict[str, Any],
) -> None:
    *_, declares = cluster["head_start_ray_commands"]
    assert declares.endswith(".venv/bin/fieldhouse declare")


def test_a_declaration_is_the_file_with_other_addresses_and_more_replicas() -> None:
    said = yaml.safe_load(APART.read_text())
    declared = declaration(APART, host="0.0.0.0", port=80, replicas=2)
    assert declared["http_options"] == {**said["http_options"], "host": "0.0.0.0", "port": 80}
    for before, after in zip(said["applications"], declared["applications"], strict=True):
        (one,), (other,) = before["deployments"], after["deployments"]
        scaled, scaling = other.get("autoscaling_config"), one.get("autoscaling_config")
        assert {**other, "autoscaling_config": scaling} == {"autoscaling_config": None, **one}
        if scaling is not None:
            assert scaled["min_replicas"] == 2 <= scaled["max_replicas"]


def test_what_was_deployed_stays_deployed() -> None:
    wanted = declaration(APART, host="0.0.0.0", port=80)
    environment = {"working_dir": "https://store.example/0.3.0.zip"}
    deployed = {"orders": {"runtime_env": environment}}
    apps = {app["name"]: app for app in with_what_stays(wanted, deployed)["applications"]}
    assert apps["orders"]["runtime_env"] == environment
    assert not any("runtime_env" in app for name, app in apps.items() if name != "orders")
    assert with_what_stays(wanted, {}) == wanted


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"FIELDHOUSE_HOST": "0.0.0.0"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://10.0.0.1"}, "FIELDHOUSE_HOST=0.0.0.0"),
        (_REACHED, "FIELDHOUSE_PUBLIC_URL"),
        (_LINKED, "SMTP_URL"),
        (_MAILING, "FIELDHOUSE_PICTURES=s3://"),
        ({**_MAILING, "FIELDHOUSE_PICTURES": "/srv/pictures"}, "FIELDHOUSE_PICTURES=s3://"),
    ],
)
def test_a_store_of_one_machine_is_not_declared(
    variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, variables)
    with pytest.raises(NoClusterStoreError, match=told):
        require_cluster(settings())


def test_a_store_of_several_machines_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, {**_MAILING, "FIELDHOUSE_PICTURES": "s3://shop/pictures"})
    require_cluster(settings())


def say(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Have the environment say this, and nothing else that a cluster needs."""
    for name in _NEEDED:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
