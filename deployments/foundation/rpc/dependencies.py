"""A call's way to another service: repeated where that is safe, not made where it would fail."""

from __future__ import annotations

from typing import TypeVar, cast

from deployments.foundation.rpc.breaker import Breaker
from deployments.foundation.rpc.calls import Transport, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.foundation.rpc.retries import Retrying

Api = TypeVar("Api")


def dependency(api: type[Api], transport: Transport, *, app: str, seconds: float = 5.0) -> Api:
    """The service of the application `app`, with a circuit and a budget for repetitions of its own.

    A call takes `seconds` at most, repetitions included.
    """
    methods = methods_of(cast(type, api)).values()
    repeatable = {method.name for method in methods if method.repeatable}
    guarded = Retrying(Breaker(app, transport, timeout=seconds), repeatable)
    return client_of(api, guarded, app=app, seconds=seconds)
