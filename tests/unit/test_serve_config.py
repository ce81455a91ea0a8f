"""What serve_config.yaml promises of every deployment."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ray.serve.schema import DeploymentSchema, ServeDeploySchema

from deployments.checkout.saga import DRIVE_SECONDS

CONFIG = Path(__file__).parents[2] / "serve_config.yaml"
APPLICATIONS = ServeDeploySchema.model_validate(yaml.safe_load(CONFIG.read_text())).applications
DEPLOYMENTS = [
    pytest.param(app.route_prefix, deployment, id=deployment.name)
    for app in APPLICATIONS
    for deployment in app.deployments
]


@pytest.mark.parametrize(("route", "deployment"), DEPLOYMENTS)
def test_a_queue_is_bounded(route: str | None, deployment: DeploymentSchema) -> None:
    assert 0 < deployment.max_queued_requests <= 500
    if route is not None:
        answer = deployment.backpressure_config
        assert (answer.status_code, answer.retry_after_s) == (503, 1)
        assert deployment.max_ongoing_requests <= 100


def test_a_completion_may_end_before_its_replica_does() -> None:
    (checkout,) = (app.deployments[0] for app in APPLICATIONS if app.name == "checkout")
    assert checkout.graceful_shutdown_timeout_s > DRIVE_SECONDS
