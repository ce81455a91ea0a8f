"""What the back office declares, without anything behind it."""

from __future__ import annotations

from typing import Any

from deployments.backoffice.routes import BackofficeRoutes, Services


def routes() -> BackofficeRoutes:
    """Its pages and its actions, which cannot be asked for."""
    absent: Any = None
    services = Services(*[absent for _ in Services._fields])
    return BackofficeRoutes(services, absent, absent, absent, absent)
