"""Calls over Ray Serve: the only place that knows how a room's application is reached."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, TypeVar, cast

from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException

from deployments.foundation.calls import NeighbourUnavailable, Reply, client_of

Api = TypeVar("Api")
_log = logging.getLogger(__name__)


class ServeTransport:
    """Carries calls over the handle of a Serve application, which is found on first use."""

    def __init__(self, app: str) -> None:
        self._app = app
        self._handle: Any = None

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """One handle call. Any failure of the machinery is `NeighbourUnavailable`."""
        try:
            async with asyncio.timeout(seconds):
                if self._handle is None:
                    self._handle = serve.get_app_handle(self._app)
                return cast(Reply, await self._handle.invoke.remote(method, body, seconds))
        except TimeoutError as late:
            raise NeighbourUnavailable(self._app, f"no answer in {seconds:.1f} s") from late
        except (RayError, RayServeException) as broken:
            _log.warning("call of %s.%s failed: %s", self._app, method, type(broken).__name__)
            raise NeighbourUnavailable(self._app, type(broken).__name__) from broken


def connect(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
    """The room behind the Serve application `app`, as the protocol of its contract."""
    return client_of(api, ServeTransport(app), seconds=seconds)
