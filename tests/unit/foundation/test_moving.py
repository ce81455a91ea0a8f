"""A service that moves from one application to another while it is called. No Ray is started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Sequence
from typing import Any

import pytest
from ray.serve._private.common import DeploymentID
from ray.serve.exceptions import DeploymentUnavailableError

from deployments.foundation.placement.applications import hosts, serving
from deployments.foundation.rpc.calls import ABSENT, DependencyUnavailable, Reply
from deployments.foundation.rpc.coalescing import AT_ONCE, Call
from deployments.foundation.rpc.handles import ServeTransport
from deployments.foundation.rpc.location import Hosted
from tests.conditions import until

LONG = 60.0
REMOVED = DeploymentUnavailableError(DeploymentID("Services", "pricing"))


class Response:
    """Stands for a handle's response: a replica takes the message, and then it is answered."""

    def __init__(self, of: ApplicationHandle) -> None:
        self._of = of
        self._replica_result_future: asyncio.Future[None] = asyncio.Future()
        self.answered: asyncio.Future[None] = asyncio.Future()
        of.responses.append(self)
        if of.is_running:
            self.take()
            self.answered.set_result(None)

    def take(self) -> None:
        self._replica_result_future.set_result(None)

    def cancel(self) -> None:
        self._replica_result_future.cancel()

    @property
    def cancelled(self) -> bool:
        return self._replica_result_future.cancelled()

    async def _reply(self) -> Reply:
        if self._of.failure is not None:
            raise self._of.failure
        await self._replica_result_future
        await self.answered
        return self._of.reply

    def __await__(self) -> Generator[Any, None, Reply]:
        return self._reply().__await__()


class Stream(Response):
    """That of calls which travel together."""

    def __init__(self, of: ApplicationHandle, calls: Sequence[Call]) -> None:
        super().__init__(of)
        self._calls = calls

    async def __aiter__(self) -> AsyncIterator[list[tuple[int, Reply]]]:
        reply = await self._reply()
        yield [(number, reply) for number in range(len(self._calls))]


class ApplicationHandle:
    """Stands for an application's handle. One that does not run takes no message."""

    def __init__(
        self, *, is_running: bool = True, failure: Exception | None = None, absent: bool = False
    ) -> None:
        self.is_running, self.failure = is_running, failure
        self.reply: Reply = (ABSENT, b"") if absent else ("ok", b"{}")
        self.responses: list[Response] = []

    def options(self, *, stream: bool) -> ApplicationHandle:
        assert stream
        return self

    @property
    def invoke(self) -> _Method:
        return _Method(lambda *_call: Response(self))

    @property
    def invoke_many(self) -> _Method:
        return _Method(lambda calls: Stream(self, calls))


class _Method:
    def __init__(self, remote: Any) -> None:  # noqa: ANN401
        self.remote = remote


class Serve:
    """Where pricing runs: in the first application until `move`, then in the second."""

    def __init__(self, before: ApplicationHandle, after: ApplicationHandle) -> None:
        self._hosted = Hosted("pricing", before)
        self._after = Hosted("checkout", after)
        self.transport = ServeTransport("pricing", lambda _: self._hosted)

    def move(self) -> None:
        self._hosted = self._after

    async def ask(self, seconds: float = LONG) -> Reply:
        return await self.transport("quote", b"{}", seconds)


async def asked(application: ApplicationHandle, times: int = 1) -> None:
    """Wait until it got so many messages."""
    await until(lambda: len(application.responses) >= times, "it is asked", tell=str)


@pytest.mark.parametrize("callers", [1, AT_ONCE + 3])
async def test_a_call_that_no_replica_has_taken_follows_a_service_that_moves(callers: int) -> None:
    before, after = ApplicationHandle(is_running=False), ApplicationHandle()
    serve = Serve(before, after)
    calling = [asyncio.create_task(serve.ask()) for _ in range(callers)]
    await asked(before)
    serve.move()
    assert await asyncio.gather(*calling) == [("ok", b"{}")] * callers
    assert all(response.cancelled for response in before.responses)
    assert after.responses


async def test_a_call_that_a_replica_has_taken_is_left_to_it() -> None:
    before, after = ApplicationHandle(is_running=False), ApplicationHandle()
    serve = Serve(before, after)
    slow = asyncio.create_task(serve.ask())
    await asked(before)
    before.responses[0].take()
    serve.move()
    waiting = asyncio.create_task(serve.ask())
    assert await waiting == ("ok", b"{}")
    assert not slow.done()
    before.responses[0].answered.set_result(None)
    assert await slow == ("ok", b"{}")
    assert not before.responses[0].cancelled


async def test_a_call_waits_for_a_service_that_has_not_moved() -> None:
    before = ApplicationHandle(is_running=False)
    serve = Serve(before, ApplicationHandle())
    calling = asyncio.create_task(serve.ask())
    await asked(before)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await asyncio.shield(calling)
    before.responses[0].take()
    before.responses[0].answered.set_result(None)
    assert await calling == ("ok", b"{}")


async def test_a_caller_that_leaves_while_its_call_waits_stays_cancelled() -> None:
    before = ApplicationHandle(is_running=False)
    serve = Serve(before, ApplicationHandle())
    calling = asyncio.create_task(serve.ask())
    await asked(before)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


async def test_a_call_of_an_application_that_was_removed_goes_to_the_other() -> None:
    before, after = ApplicationHandle(failure=REMOVED), ApplicationHandle()
    serve = Serve(before, after)
    with pytest.raises(DependencyUnavailable) as nowhere:
        await serve.ask()
    assert nowhere.value.kind == "absent"
    serve.move()
    assert await serve.ask() == ("ok", b"{}")


async def test_a_call_of_replicas_that_host_the_service_no_longer_goes_to_the_other() -> None:
    before, after = ApplicationHandle(absent=True), ApplicationHandle()
    serve = Serve(before, after)
    calling = asyncio.create_task(serve.ask())
    await asked(before, times=2)
    serve.move()
    assert await calling == ("ok", b"{}")


def described(status: str, deployed: float, *services: str) -> dict[str, Any]:
    """An application as Serve describes it."""
    config = {"args": {"services": list(services)}}
    return {"status": status, "last_deployed_time_s": deployed, "deployed_app_config": config}


@pytest.mark.parametrize(
    ("pricing", "checkout", "host"),
    [
        (("RUNNING", 1.0), ("RUNNING", 2.0), "checkout"),
        (("RUNNING", 2.0), ("RUNNING", 1.0), "pricing"),
        (("RUNNING", 1.0), ("DEPLOYING", 2.0), "pricing"),
        (("UNHEALTHY", 1.0), ("DEPLOYING", 2.0), "checkout"),
        (("DELETING", 3.0), ("DEPLOYING", 2.0), "checkout"),
    ],
)
def test_of_two_applications_the_one_that_was_deployed_last_hosts_a_service(
    pricing: tuple[str, float], checkout: tuple[str, float], host: str
) -> None:
    found = hosts(
        {
            "pricing": described(*pricing, "pricing"),
            "checkout": described(*checkout, "checkout", "pricing"),
            "datastore": {**described("RUNNING", 9.0), "deployed_app_config": None},
        }
    )
    assert found == {"pricing": host, "checkout": "checkout"}


def test_a_way_is_opened_to_what_has_a_replica_that_answers() -> None:
    def with_replicas(service: str, *states: str) -> dict[str, Any]:
        replicas = [{"state": state} for state in states]
        return {
            **described("DEPLOYING", 1.0, service),
            "deployments": {"S": {"replicas": replicas}},
        }

    found = {
        "pricing": with_replicas("pricing", "STARTING", "RUNNING"),
        "orders": with_replicas("orders", "PENDING_MIGRATION"),
        "carts": with_replicas("carts", "STARTING", "STOPPING"),
        "catalog": described("DEPLOYING", 1.0, "catalog"),
    }
    asked = ("catalog", "orders", "carts", "pricing", "nobody")
    assert serving(found, asked) == ["orders", "pricing"]
