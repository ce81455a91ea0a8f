"""The store's services by name, ready to be placed anywhere."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from deployments.foundation.placement.host import Placed
from deployments.topology import BY_NAME


def placed(services: Sequence[str] = tuple(BY_NAME)) -> list[Placed]:
    """How to compose these services. `ValueError` for a name that is no service's."""
    check_names(services)
    return [_placed(name) for name in services]


def check_names(services: Sequence[str]) -> None:
    """`ValueError` for a name that is no service's. No service's code is loaded."""
    unknown = [name for name in services if name not in BY_NAME]
    if unknown:
        raise ValueError(f"no such service: {', '.join(unknown)}. There are: {', '.join(BY_NAME)}.")


def _placed(name: str) -> Placed:
    root = importlib.import_module(f"deployments.{name}.deployment")
    entry = BY_NAME[name]
    return Placed(name, root.compose, prefix=entry.prefix, keeps_state=entry.keeps_state)
