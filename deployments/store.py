"""The store's services by name, ready to be placed anywhere."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from deployments.foundation.placement.host import Placed
from deployments.topology import BY_NAME


def placed(services: Sequence[str] = tuple(BY_NAME)) -> list[Placed]:
    """How to compose these services. `ValueError` for a name that is no service's."""
    unknown = [name for name in services if name not in BY_NAME]
    if unknown:
        raise ValueError(f"no such service: {', '.join(unknown)}. There are: {', '.join(BY_NAME)}.")
    return [_placed(name) for name in services]


def _placed(name: str) -> Placed:
    root = importlib.import_module(f"deployments.{name}.deployment")
    entry = BY_NAME[name]
    return Placed(name, root.compose, prefix=entry.prefix, keeps_state=entry.keeps_state)
