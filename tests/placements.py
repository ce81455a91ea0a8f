"""Where the whole store runs in tests: on Ray as a configuration places it, or in one process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from commands.run_settings import APART, PROJECT

Json = dict[str, Any]
TOGETHER = PROJECT / "serve_config.together.yaml"


@dataclass(frozen=True)
class Placement:
    """One way to run the store: by a configuration of Serve, or without one in one process."""

    name: str
    config: Path | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """What is said to `fieldhouse` to run it."""
        if self.config is None:
            return ("dev", "--no-reload")
        return ("run", "--config", str(self.config))

    @property
    def applications(self) -> list[Json]:
        """What its configuration declares; nothing in one process."""
        if self.config is None:
            return []
        return list(yaml.safe_load(self.config.read_text())["applications"])

    def hosts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each application that hosts services, by its name, and which they are."""
        for application in self.applications:
            if services := application.get("args", {}).get("services"):
                yield application["name"], tuple(services)

    def host_of(self, service: str) -> str:
        """The application that hosts the service."""
        (name,) = (name for name, services in self.hosts() if service in services)
        return name


PLACEMENTS = (
    Placement("process"),
    Placement("together", TOGETHER),
    Placement("apart", APART),
)
"""In the order in which tests run: those that are ready soonest first."""


def placement_of(word: str) -> Placement:
    """The placement of that name, or that which a file says. `ValueError` for any other word."""
    for known in PLACEMENTS:
        if word in {known.name, known.config and known.config.name}:
            return known
    file = Path(word)
    if not file.is_file():
        names = ", ".join(known.name for known in PLACEMENTS)
        raise ValueError(f"{word} is no placement: name one of {names}, or a configuration's file.")
    return Placement(file.stem, file.resolve())
