"""How many replicas a consumer needs, by how far it is behind.

Named in serve_config.yaml as the policy of a consuming deployment. Serve carries this module to
its controller by value, so it imports nothing of ours.
"""

from __future__ import annotations

import math
from typing import Any

WAITING = "waiting_events"
"""What every replica reports: the events that wait for the service, whichever replica reads."""


class LagPolicy:
    """A replica for so many waiting events, between the deployment's minimum and maximum.

    Serve applies the bounds and delays of `autoscaling_config` to what this asks for.
    """

    def __init__(self, events_per_replica: float = 200.0) -> None:
        self._events_per_replica = events_per_replica

    def __call__(self, ctx: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - Serve's context.
        """The replicas wanted; as many as there are while nothing is reported."""
        reports = (ctx.aggregated_metrics or {}).get(WAITING) or {}
        if not reports:
            return ctx.target_num_replicas, {}
        return max(1, math.ceil(max(reports.values()) / self._events_per_replica)), {}
