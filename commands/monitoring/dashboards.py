"""`fieldhouse dashboards`: the dashboards for Grafana, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.exit_status import OK
from commands.monitoring.panels import PANELS, SERVICE, Panel

HOME = Path(__file__).with_name("dashboards")
_TITLES = {"store": "Fieldhouse: the store", "service": "Fieldhouse: a service"}
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _WIDTH, _HEIGHT = 3, 8, 7


def dashboards(
    directory: Annotated[
        Path, typer.Argument(help="Where Grafana looks for dashboards.", file_okay=False)
    ] = HOME,
) -> int:
    """Write dashboards for Grafana, of the store and of a service."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in PANELS:
        file = directory / f"fieldhouse_{name}.json"
        file.write_text(text_of(name))
        typer.echo(f"{file} is written.")
    return OK


def text_of(name: str) -> str:
    """A dashboard as JSON."""
    return json.dumps(dashboard(name), indent=1) + "\n"


def dashboard(name: str) -> dict[str, Any]:
    """A dashboard as Grafana takes it."""
    return {
        "uid": f"fieldhouse-{name}",
        "title": _TITLES[name],
        "tags": ["fieldhouse"],
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "utc",
        "templating": {"list": _variables(name)},
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS[name])],
    }


def _variables(name: str) -> list[dict[str, Any]]:
    source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"}
    service = {
        "name": "service",
        "type": "query",
        "label": "Service",
        "datasource": _SOURCE,
        "query": "label_values(ray_fieldhouse_service_info, service)",
        "refresh": 2,
        "sort": 1,
    }
    return [source, service] if name == SERVICE else [source]


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    target = {"refId": "A", "datasource": _SOURCE, "expr": panel.expression}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": column * _WIDTH, "y": row * _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [target | {"legendFormat": panel.legend or panel.title}],
    }
