"""What becomes of everything that Serve may raise instead of an answer. No Ray is started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError
from ray.serve._private.common import DeploymentID
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    RayServeException,
    RequestCancelledError,
)

from deployments.foundation.rpc.calls import DependencyUnavailable, Reply
from deployments.foundation.rpc.handles import ServeTransport
from deployments.foundation.rpc.location import Hosted

Call = Callable[[], Awaitable[Reply]]


class Handle:
    """Stands for a deployment's handle: what `invoke.remote` does is what a test says."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.calls: list[tuple[str, str, bytes, float]] = []
        self.traces: list[str] = []

    @property
    def invoke(self) -> Handle:
        return self

    def remote(
        self, service: str, method: str, body: bytes, seconds: float, trace: str
    ) -> Awaitable[Reply]:
        self.calls.append((service, method, body, seconds))
        self.traces.append(trace)
        return self._call()


def raising(failure: BaseException) -> Call:
    async def call() -> Reply:
        raise failure

    return call


async def answer() -> Reply:
    return "ok", b"{}"


async def never() -> Reply:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets the event")


async def unavailable(transport: ServeTransport, seconds: float = 60) -> DependencyUnavailable:
    with pytest.raises(DependencyUnavailable) as failure:
        await transport("reserve", b"{}", seconds)
    assert failure.value.app == "inventory"
    return failure.value


def reach(call: Call) -> ServeTransport:
    return ServeTransport("inventory", lambda app: Hosted(app, Handle(call)))


async def test_an_answer_comes_back_and_the_deadline_goes_along() -> None:
    handle = Handle(answer)
    transport = ServeTransport("inventory", lambda app: Hosted(app, handle))
    assert await transport("reserve", b"{}", 7) == ("ok", b"{}")
    assert handle.calls == [("inventory", "reserve", b"{}", 7)]


async def test_the_way_to_a_service_is_opened_by_a_call_that_does_nothing_there() -> None:
    handle = Handle(answer)
    transport = ServeTransport("inventory", lambda app: Hosted(app, handle))
    assert await transport.reach(7)
    assert handle.calls == [("", "", b"", 7)], "it names no service"


@pytest.mark.parametrize("call", [raising(ActorDiedError()), never])
async def test_a_way_that_does_not_open_keeps_nobody_waiting(call: Call) -> None:
    assert not await reach(call).reach(0.01)


@pytest.mark.parametrize(
    ("failure", "kind", "made"),
    [
        (BackPressureError(500, 500), "busy", False),
        (DeploymentUnavailableError(DeploymentID("Inventory", "inventory")), "absent", False),
        (ActorDiedError(), "lost", True),
        (ActorUnavailableError("gone", None), "lost", True),
        (RequestCancelledError("1"), "lost", True),
        (RuntimeError("whatever the machinery comes up with"), "lost", True),
        (asyncio.CancelledError(), "lost", True),
        (TimeoutError(), "late", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
async def test_a_failure_of_the_machinery(failure: BaseException, kind: str, *, made: bool) -> None:
    found = await unavailable(reach(raising(failure)))
    assert (found.kind, found.made) == (kind, made)


@pytest.mark.parametrize("kind", ["late", "broken", "failed"])
async def test_a_failure_of_the_callee_comes_back_as_data(kind: str) -> None:
    async def call() -> Reply:
        return kind, b"ZeroDivisionError"

    found = await unavailable(reach(call))
    assert (found.kind, found.made) == (kind, True)
    assert "ZeroDivisionError" in str(found)


async def test_a_call_past_its_deadline_is_given_up() -> None:
    assert (await unavailable(reach(never), seconds=0.01)).kind == "late"


async def test_a_caller_that_is_cancelled_stays_cancelled() -> None:
    reached = asyncio.Event()

    async def call() -> Reply:
        reached.set()
        return await never()

    calling = asyncio.create_task(reach(call)("reserve", b"{}", 60))
    await reached.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


async def test_an_application_that_is_absent_is_looked_for_again() -> None:
    applications: dict[str, Handle] = {}

    def find(app: str) -> Hosted:
        if app not in applications:
            raise RayServeException(f"Application '{app}' does not exist.")
        return Hosted(app, applications[app])

    transport = ServeTransport("inventory", find)
    assert (await unavailable(transport)).kind == "absent"
    applications["inventory"] = Handle(answer)
    assert await transport("reserve", b"{}", 60) == ("ok", b"{}")


async def test_a_controller_that_does_not_answer_keeps_nobody_else_waiting() -> None:
    gate = threading.Event()

    def find(app: str) -> Hosted:
        gate.wait(10)
        return Hosted(app, Handle(answer))

    transport = ServeTransport("inventory", find)
    try:
        assert (await unavailable(transport, seconds=0.01)).kind == "late"
    finally:
        gate.set()
    assert await transport("reserve", b"{}", 60) == ("ok", b"{}")
