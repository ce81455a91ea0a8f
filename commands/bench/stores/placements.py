"""The placements that are measured, each as a command that starts a store so placed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from commands.bench.results import PlacementName
from commands.run_settings import APART, PROJECT
from deployments.topology import BY_NAME

TOGETHER = PROJECT / "serve_config.together.yaml"


@dataclass(frozen=True)
class Placement:
    """How the store is placed: `config` says which application hosts which services, if Ray runs
    it."""

    name: PlacementName
    title: str
    config: Path | None = None
    kind: Literal["store", "baseline", "peer"] = "store"

    def command(self, directory: Path) -> Sequence[str]:
        """What starts it; `directory` is the store's own."""
        if self.kind == "baseline":
            return (sys.executable, "-m", "commands.bench.stores.empty_serve")
        if self.config is None:
            return (sys.executable, "-m", "commands.bench.stores.one_process")
        config = directory / self.config.name
        config.write_text(yaml.safe_dump(unscaled(yaml.safe_load(self.config.read_text()))))
        return (sys.executable, "-m", "commands", "run", "--config", str(config))

    def hosts(self) -> Mapping[str, str]:
        """The application that each service is in."""
        if self.kind != "store":
            return {}
        if self.config is None:
            return dict.fromkeys(BY_NAME, "store")
        applications = yaml.safe_load(self.config.read_text())["applications"]
        return {
            service: application["name"]
            for application in applications
            for service in application.get("args", {}).get("services", ())
        }


def unscaled(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration in which every service keeps the replicas that it begins with.

    A replica that starts takes seconds of the cores on which everything else is measured, and the
    rows after it would be those of another store. What scaling costs is what `make scale` shows.
    """
    applications = [
        {**one, "deployments": [_unscaled(each) for each in one["deployments"]]}
        for one in config["applications"]
    ]
    return {**config, "applications": applications}


def _unscaled(deployment: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in deployment.items() if name != "autoscaling_config"}
    scaled = deployment.get("autoscaling_config")
    return kept | ({"num_replicas": scaled["min_replicas"]} if scaled else {})


PLACEMENTS: Mapping[str, Placement] = {
    one.name: one
    for one in (
        Placement("one", "one process"),
        Placement("together", "together", TOGETHER),
        Placement("apart", "apart", APART),
        Placement("empty", "empty Serve", APART, "baseline"),
        Placement("vendure", "Vendure", kind="peer"),
    )
}
