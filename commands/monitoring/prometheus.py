"""`fieldhouse prometheus`: a configuration with which Prometheus watches this store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from commands.exit_status import OK
from commands.run_settings import settings_from_environment
from deployments.foundation.values.settings import settings

RULES = Path(__file__).with_name("alerts.yml")
_DISCOVERY = "prom_metrics_service_discovery.json"
_JOB = "fieldhouse"


def prometheus(
    *,
    discovery: Annotated[
        Path | None, typer.Option(help="Where Ray lists its nodes, if not where this store does.")
    ] = None,
    interval: Annotated[int, typer.Option(help="Seconds between two looks.", min=1)] = 10,
) -> int:
    """Print a configuration for Prometheus."""
    typer.echo(yaml.safe_dump(configuration(discovery, interval), sort_keys=False), nl=False)
    return OK


def configuration(discovery: Path | None = None, interval: int = 10) -> dict[str, Any]:
    """The configuration. On Ray the list of nodes is a file on the head, which Ray keeps."""
    return {
        "global": {"scrape_interval": f"{interval}s", "evaluation_interval": f"{interval}s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": _JOB,
                **_targets(discovery),
                # Ray's own label says `ray`; rules and dashboards are about the store.
                "relabel_configs": [{"target_label": "job", "replacement": _JOB}],
            }
        ],
    }


def _targets(discovery: Path | None) -> dict[str, Any]:
    port = settings().metrics_port
    if port is not None and discovery is None:
        return {"static_configs": [{"targets": [f"{settings().host}:{port}"]}]}
    listed = discovery or settings_from_environment().scratch / "ray" / _DISCOVERY
    return {"file_sd_configs": [{"files": [str(listed)]}]}
