"""What an operator sees of a running store: Prometheus' figures, its rules, and `status`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from commands.monitoring.panels import PANELS
from commands.run_settings import PROJECT
from deployments.topology import BY_NAME, SUBSCRIPTIONS
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Shopper
from tests.prometheus import Prometheus, prometheus
from tests.unit.webhooks.receiver import receiver

pytestmark = pytest.mark.long_on_ray

ONLY_SOMETIMES = (
    *('status=~"5.."', "event_retries_total"),
    *('dependency, outcome) (rate(ray_fieldhouse_calls_total{service="orders"}',),
    *('dependency, le) (rate(ray_fieldhouse_call_duration_seconds_bucket{service="orders"}',),
    *("dependency) (ray_fieldhouse_circuit_open)",),
)
"""Of failures, and of a service's calls that makes none; circuits show where there are any."""


def environment(store: RunningStore) -> dict[str, str]:
    """What says to a command which store is meant."""
    return {
        **os.environ,
        "FIELDHOUSE_DATA": str(store.data),
        "FIELDHOUSE_METRICS_PORT": str(store.metrics_port or ""),
    }


def said(store: RunningStore, *words: str) -> str:
    """What a command prints about this store."""
    command = [sys.executable, "-m", "commands", *words]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=PROJECT, env=environment(store)
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def watching(store: RunningStore, tmp_path: Path) -> Iterator[Prometheus]:
    """A Prometheus that is configured as the store says. It gives up on figures that take longer
    than the interval: one of a second would lose most of what a busy Ray has to show."""
    interval = "1" if store.placement.config is None else "5"
    with prometheus(said(store, "prometheus", "--interval", interval), tmp_path) as watching:
        yield watching


async def test_prometheus_reads_what_a_purchase_leaves(
    client: httpx.AsyncClient, watching: Prometheus
) -> None:
    shopper = Shopper(client)
    bought = await shopper.complete(await shopper.open([("TI-M267", 1)]))
    assert bought["status"] == "completed"
    watching.wait_for("sum(ray_fieldhouse_orders_total) > 0")
    watching.wait_for('sum(ray_fieldhouse_authorisations_total{outcome="held"}) > 0')
    watching.wait_for('sum(ray_fieldhouse_mails_total{outcome="sent"}) > 0')
    watching.wait_for(
        'sum(ray_fieldhouse_requests_total{operation="complete_checkout", status="200"}) > 0'
    )
    calls = 'ray_fieldhouse_calls_total{service="checkout", method="place", outcome="ok"}'
    watching.wait_for(f"sum({calls}) > 0")
    for subscriber in SUBSCRIPTIONS:
        watching.wait_for(f'ray_fieldhouse_events_waiting{{service="{subscriber}"}}')
    for service in BY_NAME:
        watching.wait_for(f'ray_fieldhouse_service_info{{service="{service}"}} == 1')
    watching.wait_for('ray_fieldhouse_sagas{stage="placing"}')
    watching.wait_for("histogram_quantile(0.99, ray_fieldhouse_request_duration_seconds_bucket)")


def test_prometheus_evaluates_every_rule_and_none_fires(watching: Prometheus) -> None:
    watching.wait_for('up{job="fieldhouse"} == 1')
    watching.wait_for("ray_fieldhouse_service_info")
    (group,) = watching.ask("rules")["groups"]
    assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}
    firing = [rule["name"] for rule in group["rules"] if rule["state"] == "firing"]
    assert firing == []


@pytest.mark.parametrize("name", PANELS)
async def test_prometheus_finds_what_every_panel_shows(
    name: str, client: httpx.AsyncClient, watching: Prometheus
) -> None:
    """What has not happened shows nothing, but it must be an expression that Prometheus takes."""
    shopper = Shopper(client)
    await shopper.complete(await shopper.open([("TI-M267", 1)]), "fail_token")
    await shopper.complete(await shopper.open([("TI-M267", 1)]))
    async with receiver() as hook:
        made = await client.post("/webhooks", json={"url": hook.url})
        await shopper.order(await shopper.complete(await shopper.open([("TI-M267", 1)])))
        for panel in PANELS[name]:
            expression = panel.expression.replace("$service", "orders")
            if any(word in expression for word in ONLY_SOMETIMES):
                watching.values(expression)
            else:
                watching.wait_for(expression)
        await client.delete(f"/webhooks/{made.json()['id']}")


async def test_status_shows_every_service(store: RunningStore, client: httpx.AsyncClient) -> None:
    shopper = Shopper(client)
    await shopper.complete(await shopper.open([("TI-M267", 1)]))
    found = json.loads(said(store, "status", "--json", "--window", "1"))
    services = {one["service"]: one for one in found["services"]}
    assert services.keys() == BY_NAME.keys()
    assert found["parked_sagas"] == 0
    assert all(services[name]["waiting"] is not None for name in SUBSCRIPTIONS)
    if store.placement.config is None:
        assert "One process" in found["notes"][0]
        return
    for one in services.values():
        running, wanted = map(int, one["replicas"].split("/"))
        assert running >= wanted > 0
        assert one["release"]
        assert one["application"] == store.placement.host_of(one["service"])
