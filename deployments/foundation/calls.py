"""The seam between rooms: a typed protocol on both sides, a Serve handle in between.

`client_of()` gives the caller an object with the protocol's async methods; an `Endpoint` turns
what arrives back into calls of the service. Messages cross as JSON, so that both sides may run
different versions of a contract, and a refusal crosses as data. A test may put any `Transport`
in between, or none at all: the service class itself implements the protocol.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, cast

from deployments.foundation.contracts import Method, methods_of
from deployments.foundation.deadline import remaining, within
from deployments.foundation.refusal import Refusal, from_wire, to_wire

Api = TypeVar("Api")
Reply = tuple[str, bytes]
"""An answer's kind, `ok` or the name of a refusal, and its JSON."""
_OK = "ok"


class Transport(Protocol):
    """Carries one call: the method's name, its request as JSON, and the seconds it may take."""

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """The reply, or `NeighbourUnavailable`."""


class NeighbourUnavailable(Exception):  # noqa: N818 - named for what is known, the outcome is not.
    """A call got no answer. Whether it took effect is unknown: repeat it under the same key."""

    def __init__(self, app: str, why: str) -> None:
        super().__init__(f"{app} gave no answer: {why}")
        self.app = app


class Endpoint:
    """The callee's side: one service behind its protocol."""

    def __init__(self, api: type, service: object) -> None:
        self._methods = methods_of(api)
        self._service = service

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """Answer one call within the caller's remaining seconds."""
        spec = self._methods[method]
        async with within(seconds):
            try:
                answer = await getattr(self._service, method)(spec.request.validate_json(body))
            except Refusal as refusal:
                return to_wire(refusal)
        return _OK, spec.answer.dump_json(answer)


def client_of(api: type[Api], transport: Transport, *, seconds: float = 5.0) -> Api:
    """An object with the async methods of `api`, answered through `transport`.

    A call takes `seconds` at most, and less if the work at hand has less left. It raises the
    contract's refusals as they were raised, and `NeighbourUnavailable` when nothing came back.
    """
    methods = methods_of(cast(type, api))
    calls = {name: _call(method, transport, seconds) for name, method in methods.items()}
    return cast(Api, type(f"{api.__name__}Client", (), calls)())


def _call(method: Method, transport: Transport, seconds: float) -> Callable[..., Awaitable[Any]]:
    async def call(_self: object, request: object) -> object:
        body = method.request.dump_json(request)
        kind, answer = await transport(method.name, body, remaining(seconds))
        if kind != _OK:
            raise from_wire(kind, answer)
        return method.answer.validate_json(answer)

    return call
