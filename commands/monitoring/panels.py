"""What the dashboards show: a title, an expression, how a line is named, and its unit."""

from __future__ import annotations

from typing import NamedTuple

STORE, SERVICE = "store", "service"
_P99 = "histogram_quantile(0.99, sum by ({by}, le) (rate(ray_fieldhouse_{of}_bucket{where}[1m])))"


class Panel(NamedTuple):
    """One picture. `legend` names a line by its labels; units are Grafana's."""

    title: str
    expression: str
    legend: str = ""
    unit: str = "short"


def _sum(of: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate(ray_fieldhouse_{of}{where}[1m]))"


def _max(of: str, by: str, where: str = "") -> str:
    return f"max by ({by}) (ray_fieldhouse_{of}{where})"


_ONE = '{service="$service"}'
_AT = '{dependency="$service"}'
PANELS: dict[str, tuple[Panel, ...]] = {
    STORE: (
        Panel("Orders", _sum("orders_total", "currency"), "{{currency}}", "ops"),
        Panel(
            "Revenue in minor units an hour",
            f"3600 * {_sum('revenue_minor_units_total', 'currency')}",
            "{{currency}}",
        ),
        Panel("Purchases undone", _sum("purchases_undone_total", "reason"), "{{reason}}", "ops"),
        Panel("Authorisations", _sum("authorisations_total", "outcome"), "{{outcome}}", "ops"),
        Panel("Requests", _sum("requests_total", "service"), "{{service}}", "reqps"),
        Panel(
            "Requests that fail",
            _sum("requests_total", "service", '{status=~"5.."}'),
            "{{service}}",
            "reqps",
        ),
        Panel(
            "Requests, p99",
            _P99.format(by="service", of="request_duration_seconds", where=""),
            "{{service}}",
            "s",
        ),
        Panel(
            "Open circuits",
            _max("circuit_open", "service, dependency"),
            "{{service}} to {{dependency}}",
        ),
        Panel("Purchases under way", _max("sagas", "stage"), "{{stage}}"),
        Panel("Oldest purchase under way", _max("oldest_saga_seconds", "stage"), "{{stage}}", "s"),
        Panel(
            "Events waiting",
            _max("events_waiting", "service, publisher"),
            "{{service}} of {{publisher}}",
        ),
        Panel(
            "Oldest event waiting",
            _max("oldest_event_seconds", "service, publisher"),
            "{{service}} of {{publisher}}",
            "s",
        ),
        Panel("Dead letters", _max("dead_letters", "service"), "{{service}}"),
        Panel("Reservations held", "max(ray_fieldhouse_reservations_held)"),
        Panel("Carts neither bought nor left", "max(ray_fieldhouse_carts_active)"),
        Panel("Mails", _sum("mails_total", "outcome"), "{{outcome}}", "ops"),
        Panel("Webhooks", _sum("webhook_attempts_total", "outcome"), "{{outcome}}", "ops"),
        Panel("Webhooks waiting", "max(ray_fieldhouse_webhooks_waiting)"),
    ),
    SERVICE: (
        Panel(
            "Where it runs", f"sum by (release) (ray_fieldhouse_service_info{_ONE})", "{{release}}"
        ),
        Panel("Requests", _sum("requests_total", "operation", _ONE), "{{operation}}", "reqps"),
        Panel("Answers", _sum("requests_total", "status", _ONE), "{{status}}", "reqps"),
        Panel(
            "Requests, p99",
            _P99.format(by="operation", of="request_duration_seconds", where=_ONE),
            "{{operation}}",
            "s",
        ),
        Panel(
            "Others' calls to it",
            _sum("calls_total", "method, outcome", _AT),
            "{{method}} {{outcome}}",
            "ops",
        ),
        Panel(
            "Others' calls to it, p99",
            _P99.format(by="service", of="call_duration_seconds", where=_AT),
            "{{service}}",
            "s",
        ),
        Panel(
            "Its calls",
            _sum("calls_total", "dependency, outcome", _ONE),
            "{{dependency}} {{outcome}}",
            "ops",
        ),
        Panel(
            "Its calls, p99",
            _P99.format(by="dependency", of="call_duration_seconds", where=_ONE),
            "{{dependency}}",
            "s",
        ),
        Panel(
            "Round trips to Redis", _sum("redis_calls_total", "command", _ONE), "{{command}}", "ops"
        ),
        Panel(
            "A round trip to Redis, mean",
            f"{_sum('redis_call_seconds_total', 'service', _ONE)} / on (service) "
            + _sum("redis_calls_total", "service", '{service="$service", command!="XREADGROUP"}'),
            "{{service}}",
            "s",
        ),
        Panel(
            "Events handled",
            _sum("events_handled_total", "publisher", _ONE),
            "{{publisher}}",
            "ops",
        ),
        Panel("Events waiting", _max("events_waiting", "publisher", _ONE), "{{publisher}}"),
        Panel(
            "Attempts that failed",
            _sum("event_retries_total", "publisher", _ONE),
            "{{publisher}}",
            "ops",
        ),
        Panel(
            "Processes that read events", _max("event_readers", "publisher", _ONE), "{{publisher}}"
        ),
    ),
}
