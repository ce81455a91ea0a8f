"""kuberay.yaml is what the command writes, and a RayService by the operator's own schema."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from ray.serve.schema import ServeDeploySchema

from commands.cluster.declaration import declaration
from commands.cluster.kuberay import IMAGE, IN_IMAGE, KEPT, manifest
from commands.run_settings import APART, PROJECT
from tests.command_line import fieldhouse

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("rayservice.v1.json").read_text())
CONTAINERFILE = (PROJECT / "Containerfile").read_text()
COPIED = [words.split() for words in re.findall(r"^COPY (.+)$", CONTAINERFILE, re.MULTILINE)]


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(manifest())
    return loaded


def errors(service: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(service)]


def test_the_kept_file_is_what_the_command_writes(tmp_path: Path) -> None:
    assert fieldhouse("kuberay", "--output", str(tmp_path / "one.yaml")).status == 0
    assert (tmp_path / "one.yaml").read_text() == KEPT.read_text(), "run `fieldhouse kuberay`"


def test_it_is_a_ray_service_by_the_operators_schema(service: dict[str, Any]) -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert errors(service) == []


def test_the_schema_refuses_what_the_operator_does_not_know(service: dict[str, Any]) -> None:
    changed = deepcopy(service)
    (worker,) = changed["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    worker["template"]["spec"]["containers"][0]["imge"] = IMAGE
    worker["minReplicas"] = "two"
    assert len(errors(changed)) == 2


def test_serve_is_told_what_it_is_told_on_other_clusters(service: dict[str, Any]) -> None:
    said = yaml.safe_load(service["spec"]["serveConfigV2"])
    declared = declaration(APART, host="0.0.0.0", port=8000, replicas=2)
    assert {**said, "proxy_location": "EveryNode"} == declared
    assert len(ServeDeploySchema.model_validate(said).applications) == len(said["applications"])


def test_pods_have_the_environment_of_nodes_and_its_secrets(service: dict[str, Any]) -> None:
    config = service["spec"]["rayClusterConfig"]
    groups = [config["headGroupSpec"], *config["workerGroupSpecs"]]
    for (container,) in (group["template"]["spec"]["containers"] for group in groups):
        said = {one["name"]: one["value"] for one in container["env"]}
        assert said["RAY_SERVE_HAPROXY_BINARY_PATH"] == f"{IN_IMAGE}/commands/haproxy.py"
        assert said["FIELDHOUSE_HOST"] == "0.0.0.0"
        assert container["envFrom"] == [{"secretRef": {"name": "fieldhouse"}}]
        assert container["image"] == IMAGE
    assert config["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_the_image_has_what_the_manifest_names() -> None:
    assert f"WORKDIR {IN_IMAGE}\n" in CONTAINERFILE
    assert f"ENV PATH={IN_IMAGE}/.venv/bin:$PATH\n" in CONTAINERFILE
    assert f"podman build -t {IMAGE} -f Containerfile ." in manifest()
    assert f"podman build -t {IMAGE} -f Containerfile ." in CONTAINERFILE


def test_what_is_copied_into_the_image_is_all_that_make_needs(tmp_path: Path) -> None:
    """No engine builds it here: the same files in a directory, and `make` says what it would do."""
    for *sources, target in COPIED:
        for source in sources:
            assert (PROJECT / source).exists(), source
            whole, place = PROJECT / source, tmp_path / target
            shutil.copytree(whole, place) if whole.is_dir() else shutil.copy(whole, place)
    (makes,) = re.findall(r"^RUN (make \S+)$", CONTAINERFILE, re.MULTILINE)
    done = subprocess.run(
        [*makes.split(), "-n"], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "--require-hashes -r requirements/run.txt" in done.stdout
    assert "--editable ." in done.stdout
    for module in ("commands/main.py", "deployments/application.py", "actors/embedded_redis.py"):
        assert (tmp_path / module).exists()
