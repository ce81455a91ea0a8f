"""How many replicas a service needs, by its requests and by how far its consumer is behind.

Named in serve_config.yaml as the policy of a deployment that consumes. Serve carries this module to
its controller by value, so it imports nothing of ours.
"""

from __future__ import annotations

import math
from typing import Any

WAITING = "waiting_events"
"""What every replica reports: the events that wait for its services, whichever replica reads."""


class LoadAndLagPolicy:
    """A replica for so many requests under way, or for so many waiting events: the larger figure.

    Serve applies the bounds and delays of `autoscaling_config` to what this asks for.
    """

    def __init__(
        self, requests_per_replica: float = 20.0, events_per_replica: float = 200.0
    ) -> None:
        self._requests_per_replica = requests_per_replica
        self._events_per_replica = events_per_replica

    def __call__(self, ctx: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - Serve's context.
        """The replicas wanted."""
        reports = (ctx.aggregated_metrics or {}).get(WAITING) or {}
        requests = math.ceil((ctx.total_num_requests or 0.0) / self._requests_per_replica)
        if not reports:  # Nobody knows the lag yet, which is no reason to go.
            return max(1, requests, ctx.target_num_replicas), {}
        events = math.ceil(max(reports.values()) / self._events_per_replica)
        return max(1, requests, events), {}
