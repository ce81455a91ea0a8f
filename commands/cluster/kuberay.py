"""`fieldhouse kuberay`: the store as a RayService, for the KubeRay operator of Kubernetes."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from commands.cluster.declaration import declaration
from commands.cluster.node_variables import node_variables
from commands.exit_status import OK
from commands.run_settings import APART, PROJECT

Json = dict[str, Any]
KEPT = PROJECT / "kuberay.yaml"
IMAGE = "fieldhouse:latest"
IN_IMAGE = "/srv/fieldhouse"
"""Where the image that Containerfile builds has the project."""
_SECRET = "fieldhouse"  # noqa: S105 - the name of what holds them.
_TOKEN = "fieldhouse-ray"  # noqa: S105 - the name of what holds it.
_PORT = 8000
_HEAD = """\
# The store on Kubernetes, for the KubeRay operator (1.6 or newer). Written by `fieldhouse kuberay`
# from serve_config.yaml and node.env: change those, or give the command other options.
#
#   podman build -t fieldhouse:latest -f Containerfile .     # and push it where nodes find it
#   kubectl create secret generic fieldhouse --from-env-file=cluster.env
#   kubectl create secret generic fieldhouse-ray \\
#     --from-literal=auth_token=$(.venv/bin/ray get-auth-token --generate)
#   kubectl apply -f kuberay.yaml
#
# The service fieldhouse-serve-svc is what an ingress leads to. Lines of cluster.env without a value
# are left out of it first.
"""


class _Text(str):
    """A text of several lines, to be written as it is."""


def kuberay(
    *,
    image: Annotated[str, typer.Option(help="The image that every pod runs.")] = IMAGE,
    redis: Annotated[str, typer.Option(help="Where the head keeps what it knows.")] = (
        "redis.example:6379"
    ),
    replicas: Annotated[int, typer.Option(help="Of each service, at least.", min=1)] = 2,
    output: Annotated[Path, typer.Option(help="The file.", dir_okay=False)] = KEPT,
) -> int:
    """Write the store as a RayService for KubeRay."""
    output.write_text(manifest(image=image, redis=redis, replicas=replicas))
    typer.echo(f"wrote {output}")
    return OK


def manifest(*, image: str = IMAGE, redis: str = "redis.example:6379", replicas: int = 2) -> str:
    """The manifest, as YAML."""
    yaml.SafeDumper.add_representer(_Text, _as_it_is)
    return _HEAD + yaml.safe_dump(ray_service(image, redis, replicas), sort_keys=False, width=100)


def ray_service(image: str, redis: str, replicas: int) -> Json:
    """The RayService: two nodes at least, so that one may go."""
    serve = declaration(APART, host="0.0.0.0", port=_PORT, replicas=replicas)
    said = {name: value for name, value in serve.items() if name != "proxy_location"}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": "fieldhouse"},
        "spec": {
            "serveConfigV2": _Text(yaml.safe_dump(said, sort_keys=False, width=100)),
            # New code is deployed by `fieldhouse deploy`, and never by a second cluster beside.
            "upgradeStrategy": {"type": "None"},
            "rayClusterConfig": {
                "rayVersion": version("ray"),
                "authOptions": {"mode": "token", "secretName": _TOKEN},
                "enableInTreeAutoscaling": True,
                "gcsFaultToleranceOptions": {
                    "redisAddress": redis,
                    "redisUsername": _secret("RAY_REDIS_USERNAME"),
                    "redisPassword": _secret("RAY_REDIS_PASSWORD"),
                },
                "headGroupSpec": {
                    # Ray's and Serve's own processes, and no replica.
                    "rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"},
                    "template": _pod("ray-head", image, cpu="1", memory="4Gi"),
                },
                "workerGroupSpecs": [
                    {
                        "groupName": "worker",
                        "replicas": 2,
                        "minReplicas": 2,
                        "maxReplicas": 8,
                        "rayStartParams": {},
                        "template": _pod("ray-worker", image, cpu="2", memory="8Gi"),
                    }
                ],
            },
        },
    }


def _pod(name: str, image: str, *, cpu: str, memory: str) -> Json:
    said = node_variables(IN_IMAGE)
    # The image has the path, KubeRay sees to the token, and the head is not at a pod's loopback.
    alone = {"PATH", "RAY_AUTH_MODE", "RAY_DASHBOARD_ADDRESS"}
    size = {"cpu": cpu, "memory": memory}
    container = {
        "name": name,
        "image": image,
        "env": [{"name": key, "value": value} for key, value in said.items() if key not in alone],
        "envFrom": [{"secretRef": {"name": _SECRET}}],
        "ports": [{"containerPort": _PORT, "name": "serve"}],
        "resources": {"limits": size, "requests": size},
    }
    return {"spec": {"containers": [container], "terminationGracePeriodSeconds": 60}}


def _secret(key: str) -> Json:
    return {"valueFrom": {"secretKeyRef": {"name": _SECRET, "key": key}}}


def _as_it_is(dumper: yaml.SafeDumper, text: _Text) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
