"""The bench measures stores of a size that does not change meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from commands.bench.stores.placements import PLACEMENTS, unscaled

ON_RAY = [one.config for one in PLACEMENTS.values() if one.kind == "store" and one.config]


@pytest.mark.parametrize("file", ON_RAY, ids=lambda file: file.name)
def test_every_service_keeps_the_replicas_that_it_begins_with(file: Path) -> None:
    config = yaml.safe_load(file.read_text())
    before = {one["name"]: one["deployments"] for one in config["applications"]}
    for application in unscaled(config)["applications"]:
        for was, now in zip(before[application["name"]], application["deployments"], strict=True):
            scaled = was.get("autoscaling_config")
            assert now["num_replicas"] == (
                scaled["min_replicas"] if scaled else was["num_replicas"]
            )
            assert "autoscaling_config" not in now
            assert now["ray_actor_options"] == was["ray_actor_options"]
