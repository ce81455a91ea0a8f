"""An empty route and an empty call on the store's own Serve: what no code of the store can beat."""

from __future__ import annotations

from collections.abc import Mapping

from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commands.bench.stores.ceiling_routes import ceiling_app

_OPTIONS = {"num_cpus": 0.01}
_AT_ONCE = 100


@serve.deployment(ray_actor_options=_OPTIONS, max_ongoing_requests=_AT_ONCE)
class EmptyCallee:
    """Answers calls with nothing."""

    async def invoke(self, body: bytes) -> bytes:
        """What came."""
        return body


@serve.deployment(ray_actor_options=_OPTIONS, max_ongoing_requests=_AT_ONCE)
@serve.ingress()
class Ceiling:
    """Answers requests with nothing, at once or after an empty call."""

    def __init__(self, callee: DeploymentHandle) -> None:
        self._callee = callee

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The routes."""
        return ceiling_app(self._call)

    async def _call(self, _request: Request) -> Response:
        await self._callee.invoke.remote(b"")
        return Response()


@serve.deployment(ray_actor_options=_OPTIONS, max_ongoing_requests=_AT_ONCE)
@serve.ingress()
class Empty:
    """Answers requests with nothing."""

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The route."""
        return ceiling_app()


def empty(_args: Mapping[str, str]) -> Application:
    """An application of one replica that does nothing, to be named in a configuration."""
    return Empty.bind()  # type: ignore[attr-defined]


def application() -> Application:
    """Both, as an application."""
    # Serve's decorator gives them `bind`.
    return Ceiling.bind(EmptyCallee.bind())  # type: ignore[attr-defined]
