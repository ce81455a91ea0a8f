"""The Serve application of any services: `import_path` of every application in serve_config.yaml.

    - name: carts
      route_prefix: /carts
      import_path: deployments.application:application
      args: {services: [carts]}
      deployments: [{name: Services, ...}]

Services named together share a replica, and call each other without leaving it. A call to any other
goes over a handle to the application whose `args` name it.

A service moves in two steps: first both applications name it, and when the new one runs, the old
one no longer does. No call fails meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, field_validator
from ray import serve
from ray.serve import Application

from deployments.foundation.placement.applications import DEPLOYMENT
from deployments.foundation.placement.replica import PublicReplica, Replica
from deployments.store import check_names, placed
from deployments.topology import BY_NAME


class Arguments(BaseModel):
    """What an application's `args` say."""

    services: tuple[str, ...] = Field(min_length=1)

    @field_validator("services")
    @classmethod
    def _are_services(cls, services: Sequence[str]) -> Sequence[str]:
        check_names(services)
        return services


def application(args: dict[str, Any]) -> Application:
    """The application that hosts the services of `args`, see `Arguments`."""
    services = Arguments.model_validate(args).services
    # A replica without public routes must not answer HTTP on a port of its own.
    is_public = any(BY_NAME[name].prefix for name in services)
    replica = serve.ingress()(PublicReplica) if is_public else Replica
    # The services' code is loaded in the replica alone: Serve builds each application in a process
    # of its own, which loads whatever is bound here, and then ends.
    return serve.deployment(replica, name=DEPLOYMENT).bind(partial(placed, services))
