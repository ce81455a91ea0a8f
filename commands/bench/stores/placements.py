"""The placements that are measured, each as a command that starts a store so placed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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

    @property
    def command(self) -> Sequence[str]:
        """What starts it."""
        if self.kind == "baseline":
            return (sys.executable, "-m", "commands.bench.stores.empty_serve")
        if self.config is None:
            return (sys.executable, "-m", "commands.bench.stores.one_process")
        return (sys.executable, "-m", "commands", "run", "--config", str(self.config))

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
