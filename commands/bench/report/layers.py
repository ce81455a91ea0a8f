"""The layers that a request passes, as processes: which roles belong to which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from commands.bench.stores.processes import LOAD, OTHER, is_replica

Layer = Literal["services", "database", "proxy", "Serve and Ray"]
LAYERS: tuple[Layer, ...] = ("services", "database", "proxy", "Serve and Ray")
_CEILING = "ceiling"
_DATABASE = frozenset({"valkey", "redis actor", "datastore", "PostgreSQL"})
_PROXY = frozenset({"haproxy", "proxy actors"})


def layer_of(role: str) -> Layer | None:
    """The layer of a role; none for what is no part of the store."""
    if role in (LOAD, OTHER):
        return None
    if role in _DATABASE:
        return "database"
    if role in _PROXY:
        return "proxy"
    return "services" if is_replica(role) else "Serve and Ray"


def by_layer(by_role: Mapping[str, float], *, ceiling: bool = False) -> dict[Layer, float]:
    """Sums by layer. The empty route's replicas count where it is what was asked."""
    sums = dict.fromkeys(LAYERS, 0.0)
    for role, value in by_role.items():
        layer = layer_of(role)
        if layer is not None and (ceiling or role != _CEILING):
            sums[layer] += value
    return sums
