"""What `fieldhouse status` makes of figures."""

from __future__ import annotations

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from commands.monitoring.exporters import Figures, parsed
from commands.monitoring.service_rows import (
    NOT_DECLARED,
    Hosting,
    ServiceRow,
    StoreFigures,
    quantile,
)
from commands.monitoring.status import cells, hosting_of, screen
from deployments.foundation.http.request_metrics import RequestMetrics
from deployments.foundation.placement.consumption import ConsumerMetrics
from deployments.foundation.placement.exposition import exposed
from deployments.foundation.rpc.call_metrics import CallMetrics
from deployments.foundation.values.meter import Meter

BOUNDS = (0.005, 0.01, 0.1, 1.0)


def shown(meter: Meter) -> Figures:
    return Figures(parsed(exposed(meter).decode()))


def row(of: str, observed: StoreFigures) -> ServiceRow:
    (found,) = (one for one in observed.rows() if one.service == of)
    return found


def test_a_public_service_does_what_clients_ask_and_an_internal_one_what_services_ask() -> None:
    meter = Meter()
    RequestMetrics("orders", meter)
    CallMetrics("checkout", meter)
    before = shown(meter)
    requests = meter.counters["fieldhouse_requests_total"]
    requests.inc("orders", "get_order", "200", by=30)
    requests.inc("orders", "get_order", "503", by=10)
    requests.inc("carts", "get_cart", "200", by=99)
    calls = meter.counters["fieldhouse_calls_total"]
    calls.inc("checkout", "pricing", "price", "ok", by=5)
    calls.inc("checkout", "pricing", "price", "rejected", by=5)
    calls.inc("checkout", "pricing", "price", "lost", by=10)
    calls.inc("checkout", "orders", "place", "lost", by=10)
    observed = StoreFigures({}, shown(meter), shown(meter).since(before), 10)
    orders, pricing = row("orders", observed), row("pricing", observed)
    assert (orders.rate, orders.errors) == (4, 1)
    assert (pricing.rate, pricing.errors) == (2, 1)


def test_a_counter_that_began_anew_has_grown_from_nothing() -> None:
    meter, key = Meter(), ("ray_fieldhouse_orders_total", frozenset({("currency", "USD")}))
    meter.counter("fieldhouse_orders_total", "Orders.", ("currency",)).inc("USD", by=3)
    assert shown(meter).since(Figures({key: 10.0})).series[key] == 3
    assert shown(meter).since(Figures({key: 1.0})).series[key] == 2


def test_a_lag_that_every_process_shows_is_counted_once() -> None:
    name = "ray_fieldhouse_events_waiting"
    series = {
        (
            name,
            frozenset({("service", "orders"), ("publisher", publisher), ("replica", replica)}),
        ): 5.0
        for publisher in ("payments", "shipping")
        for replica in ("a", "b")
    }
    assert row("orders", StoreFigures({}, Figures(series), None, 1)).waiting == 10


def test_what_was_not_measured_is_not_made_up() -> None:
    nothing = row("orders", StoreFigures({}, Figures({}), None, 1))
    assert set(cells(nothing)[1:]) == {"-"}


def test_replicas_are_those_that_run_of_those_that_should() -> None:
    replicas = [{"state": "RUNNING"}, {"state": "STARTING"}]
    app = {
        "status": "DEPLOYING",
        "deployed_app_config": {"args": {"services": ["orders", "carts"]}},
        "deployments": {"Services": {"replicas": replicas, "target_num_replicas": 3}},
    }
    found = hosting_of({"applications": {"store": app, "datastore": {"status": "RUNNING"}}})
    assert found.keys() == {"orders", "carts"}
    assert found["orders"] == Hosting("store", "DEPLOYING", 1, 3)


@given(st.lists(st.floats(0.0001, 0.99), min_size=1))
def test_a_quantile_is_in_the_bucket_of_the_observation_at_its_rank(values: list[float]) -> None:
    meter = Meter()
    took = meter.histogram("fieldhouse_took_seconds", "Took.", BOUNDS)
    for value in values:
        took.observe(value)
    buckets = shown(meter).summed("took_seconds_bucket", lambda of: of["le"])
    found = quantile(0.5, buckets)
    assert found is not None
    middle = sorted(values)[(len(values) - 1) // 2]
    upper = min(bound for bound in BOUNDS if bound >= middle)
    lower = max([0.0, *(bound for bound in BOUNDS if bound < middle)])
    assert lower - 1e-9 <= found <= upper + 1e-9


def test_lag_of_a_consumer_is_shown() -> None:
    meter = Meter()
    ConsumerMetrics("orders", meter).show([], 4)
    assert row("orders", StoreFigures({}, shown(meter), None, 1)).letters == 4


def test_what_serve_says_of_a_deployment_is_told_with_where_the_reason_is() -> None:
    failing = "The deployment failed to start.\nTraceback ...\nValueError: no stock"
    app = {
        "status": "DEPLOY_FAILED",
        "message": "The deployments ['Services'] are UNHEALTHY.",
        "deployed_app_config": {"args": {"services": ["orders"]}},
        "deployments": {"Services": {"message": failing}},
    }
    hosting = hosting_of({"applications": {"orders": app}})
    rows = StoreFigures(hosting, Figures({}), None, 0).rows()
    console = Console(width=200, record=True, file=StringIO())
    console.print(screen(rows, Figures({}), []))
    said = "orders: DEPLOY_FAILED: ValueError: no stock: `fieldhouse logs orders` says why"
    assert said in console.export_text()


def test_a_service_that_no_application_hosts_is_told_where_others_are_hosted() -> None:
    hosting = {"orders": Hosting("orders", "RUNNING", 1, 1)}
    on_ray = StoreFigures(hosting, Figures({}), None, 0)
    assert (row("orders", on_ray).status, row("carts", on_ray).status) == ("RUNNING", NOT_DECLARED)
    in_one_process = StoreFigures({}, Figures({}), None, 0)
    assert row("carts", in_one_process).status == ""
