"""What the configurations promise: every service is hosted once, and of every deployment."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from ray.serve.schema import DeploymentSchema, RayActorOptionsSchema, ServeDeploySchema

from deployments.application import application
from deployments.checkout.saga import DRIVE_SECONDS
from deployments.topology import BY_NAME, DATASTORE
from tests.placements import PLACEMENTS, Placement

ROOT = Path(__file__).parents[2]

CONFIGURED = [one for one in PLACEMENTS if one.config is not None]


def schema_of(placement: Placement) -> ServeDeploySchema:
    assert placement.config is not None
    return ServeDeploySchema.model_validate(yaml.safe_load(placement.config.read_text()))


DEPLOYMENTS = [
    pytest.param(app.route_prefix, deployment, id=f"{placement.name} {app.name}")
    for placement in CONFIGURED
    for app in schema_of(placement).applications
    for deployment in app.deployments
]


@pytest.mark.parametrize("placement", CONFIGURED, ids=lambda one: one.name)
def test_every_service_is_hosted_by_one_application(placement: Placement) -> None:
    hosts = dict(placement.hosts())
    assert Counter(service for of in hosts.values() for service in of) == Counter(BY_NAME.keys())
    assert {app["name"] for app in placement.applications} == {DATASTORE, *hosts}


@pytest.mark.parametrize("placement", CONFIGURED, ids=lambda one: one.name)
def test_an_application_is_reached_where_its_services_are(placement: Placement) -> None:
    """One public service under its prefix, several under the root, and the others nowhere."""
    services = dict(placement.hosts())
    for app in schema_of(placement).applications:
        prefixes = [BY_NAME[name].prefix for name in services.get(app.name, ())]
        public = [prefix for prefix in prefixes if prefix is not None]
        assert app.route_prefix == (None if not public else "/" if public[1:] else public[0])


@pytest.mark.parametrize("placement", CONFIGURED, ids=lambda one: one.name)
def test_those_who_run_the_shop_share_no_replica_with_shoppers(placement: Placement) -> None:
    for services in dict(placement.hosts()).values():
        assert len({BY_NAME[service].for_staff for service in services}) == 1, services


@pytest.mark.parametrize("placement", CONFIGURED, ids=lambda one: one.name)
def test_what_an_application_configures_is_what_it_deploys(placement: Placement) -> None:
    for app in schema_of(placement).applications:
        if app.name != DATASTORE:
            deployed = application(app.args)._bound_deployment.name  # noqa: SLF001 - Serve's.
            assert [deployment.name for deployment in app.deployments] == [deployed]


@pytest.mark.parametrize(("route", "deployment"), DEPLOYMENTS)
def test_a_replica_needs_little_of_a_core_and_is_looked_after(
    route: str | None, deployment: DeploymentSchema
) -> None:
    options = deployment.ray_actor_options
    assert isinstance(options, RayActorOptionsSchema)
    assert 0 < (options.num_cpus or 0) < 1
    assert deployment.health_check_period_s
    assert deployment.graceful_shutdown_timeout_s


@pytest.mark.parametrize(("route", "deployment"), DEPLOYMENTS)
def test_a_queue_is_bounded(route: str | None, deployment: DeploymentSchema) -> None:
    assert 0 < deployment.max_queued_requests <= 500
    if route is not None:
        answer = deployment.backpressure_config
        assert (answer.status_code, answer.retry_after_s) == (503, 1)
        assert deployment.max_ongoing_requests <= 100


@pytest.mark.parametrize("placement", CONFIGURED, ids=lambda one: one.name)
def test_a_completion_may_end_before_its_replica_does(placement: Placement) -> None:
    apps = {app.name: app for app in schema_of(placement).applications}
    (checkout,) = apps[placement.host_of("checkout")].deployments
    assert checkout.graceful_shutdown_timeout_s > DRIVE_SECONDS


def test_an_application_is_built_without_its_services_code() -> None:
    """Serve builds each one in a process of its own, which does nothing else."""
    program = (
        "import sys; from deployments.application import application; "
        "application({'services': ['orders']}); "
        "sys.exit('deployments.orders' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT).returncode == 0
