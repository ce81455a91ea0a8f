"""A dependency in the same process: called without leaving it, and held to what a handle is.

A call has its deadline, a rejection is raised as it is, and a failure is `DependencyUnavailable`.
Messages are frozen, so caller and callee may share them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from deployments.foundation.rpc.calls import DependencyUnavailable, failure_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.foundation.rpc.deadline import remaining, within
from deployments.foundation.rpc.rejection import Rejection

Api = TypeVar("Api")


def local(api: type[Api], service: Callable[[], object], *, app: str, seconds: float = 5.0) -> Api:
    """The service that `service()` gives when it is first called, as its contract's protocol."""
    calls = {name: _call(app, name, service, seconds) for name in methods_of(cast(type, api))}
    return cast(Api, type(f"Local{api.__name__}", (), calls)())


def _call(
    app: str, name: str, service: Callable[[], object], seconds: float
) -> Callable[..., Awaitable[Any]]:
    async def call(_self: object, request: object) -> object:
        left = remaining(seconds)
        if left <= 0:
            raise DependencyUnavailable(app, "no time was left to ask", "overdue")
        try:
            async with within(left):
                return await getattr(service(), name)(request)
        except Rejection:
            raise
        except Exception as failure:
            kind, why = failure_of(name, failure)
            raise DependencyUnavailable(app, f"{kind}, {why.decode()}", kind) from failure

    return call
