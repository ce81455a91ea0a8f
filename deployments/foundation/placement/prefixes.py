"""One ASGI application of several, each under its own prefix, as Serve mounts them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.foundation.http.edge import http_app


class Prefixes:
    """Hands a request to the application of its path's prefix; any other path is not found."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps, self._nothing = apps, http_app([])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        mounted = scope.get("root_path", "")
        path: str = scope["path"]
        for prefix, app in self._apps.items():
            if mounted == prefix:
                await app(scope, receive, send)
                return
            if not mounted and f"{path}/".startswith(f"{prefix}/"):
                await app({**scope, "root_path": prefix}, receive, send)
                return
        await self._nothing(scope, receive, send)
