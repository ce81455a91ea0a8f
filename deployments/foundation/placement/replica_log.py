"""A replica's log: beside Serve's own, where Ray's log API finds it from any node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ray import serve
from ray.serve._private.logging_utils import get_serve_logs_dir
from ray.serve.context import _get_serve_request_context

from deployments.foundation.values.log_lines import JsonLines, write_lines
from deployments.foundation.values.settings import settings


def log_as_replica(services: Sequence[str]) -> str:
    """Write what this replica logs as JSON, to `store_<application>_<replica>.log`; its id."""
    context = serve.get_replica_context()
    application, replica = context.app_name, context.replica_id.unique_id
    home = services[0] if len(services) == 1 else application
    lines = JsonLines(home, replica, settings().release, _request_id)
    write_lines(Path(get_serve_logs_dir()) / f"store_{application}_{replica}.log", lines)
    return str(replica)


def _request_id() -> str:
    return str(_get_serve_request_context().request_id)
