"""Calls that travel together: when they do, and that none of them pays for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from deployments.foundation.rpc.calls import Reply
from deployments.foundation.rpc.coalescing import Call, Coalescing, UnansweredError, as_done


class Dependency:
    """Answers a call with its own name once its gate is open; notes which travelled together."""

    def __init__(self) -> None:
        self.travelled: list[list[str]] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.cancelled: list[str] = []
        self.dies_after: int | None = None

    async def answer(self, call: Call) -> Reply:
        name = call[1]
        try:
            if name in self.gates:
                await self.gates[name].wait()
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        return "ok", name.encode()

    async def one(self, call: Call) -> Reply:
        self.travelled.append([call[1]])
        return await self.answer(call)

    async def many(self, calls: Sequence[Call]) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
        self.travelled.append([call[1] for call in calls])
        answered = 0
        async for done in as_done([self.answer(call) for call in calls]):
            yield done
            answered += len(done)
            if self.dies_after is not None and answered >= self.dies_after:
                raise ConnectionError("the replica is gone")

    def hold(self, name: str) -> asyncio.Event:
        self.gates[name] = asyncio.Event()
        return self.gates[name]


def call(name: str) -> Call:
    return ("inventory", name, b"{}", 5.0, "")


def ask(coalescing: Coalescing, *names: str) -> list[asyncio.Task[Reply]]:
    return [asyncio.create_task(coalescing(call(name))) for name in names]


async def answers(tasks: Sequence[asyncio.Task[Reply]]) -> list[str]:
    return [body.decode() for _, body in await asyncio.wait_for(asyncio.gather(*tasks), 30)]


@pytest.fixture
def dependency() -> Dependency:
    return Dependency()


@pytest.fixture
def coalescing(dependency: Dependency) -> Coalescing:
    return Coalescing(dependency.one, dependency.many, at_once=1, longest_wait=60)


async def test_a_lone_call_goes_at_once(dependency: Dependency, coalescing: Coalescing) -> None:
    for name in ("a", "b"):
        assert await coalescing(call(name)) == ("ok", name.encode())
    assert dependency.travelled == [["a"], ["b"]]


async def test_what_comes_meanwhile_goes_together(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    gate = dependency.hold("first")
    tasks = ask(coalescing, "first", "a", "b", "c")
    await asyncio.sleep(0)
    gate.set()
    assert await answers(tasks) == ["first", "a", "b", "c"]
    assert dependency.travelled == [["first"], ["a", "b", "c"]]


async def test_a_slow_call_holds_up_nobody_for_long(dependency: Dependency) -> None:
    coalescing = Coalescing(dependency.one, dependency.many, at_once=1, longest_wait=0.001)
    gate = dependency.hold("slow")
    slow, *others = ask(coalescing, "slow", "a", "b")
    assert await answers(others) == ["a", "b"]
    assert not slow.done()
    gate.set()
    assert await answers([slow]) == ["slow"]


async def test_a_slow_call_holds_up_nobody_that_travels_with_it(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    first, gate = dependency.hold("first"), dependency.hold("slow")
    leading, slow, *others = ask(coalescing, "first", "slow", "a", "b")
    await asyncio.sleep(0)
    first.set()
    assert await answers([leading, *others]) == ["first", "a", "b"]
    assert dependency.travelled[1] == ["slow", "a", "b"]
    assert not slow.done()
    gate.set()
    assert await answers([slow]) == ["slow"]


async def test_a_caller_that_leaves_takes_nobody_with_it(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    first, gate = dependency.hold("first"), dependency.hold("left")
    leading, left, other = ask(coalescing, "first", "left", "other")
    await asyncio.sleep(0)
    first.set()
    assert await answers([leading, other]) == ["first", "other"]
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    gate.set()
    assert dependency.cancelled == []


async def test_a_caller_that_left_before_is_not_sent(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    first = dependency.hold("first")
    leading, left, other = ask(coalescing, "first", "left", "other")
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.sleep(0)
    first.set()
    assert await answers([leading, other]) == ["first", "other"]
    assert dependency.travelled == [["first"], ["other"]]


async def test_a_lone_caller_that_leaves_ends_its_call(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    dependency.hold("left")
    (left,) = ask(coalescing, "left")
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    assert dependency.cancelled == ["left"]


async def test_a_replica_that_dies_loses_only_what_it_had_not_answered(
    dependency: Dependency, coalescing: Coalescing
) -> None:
    first, never = dependency.hold("first"), dependency.hold("never")
    leading, lost, answered = ask(coalescing, "first", "never", "answered")
    await asyncio.sleep(0)
    dependency.dies_after = 1
    first.set()
    assert await answers([leading, answered]) == ["first", "answered"]
    with pytest.raises(ConnectionError):
        await lost
    never.set()
    dependency.dies_after = None
    assert await answers(ask(coalescing, "next")) == ["next"]


async def test_a_call_that_a_replica_forgets_is_lost() -> None:
    async def one(_call: Call) -> Reply:
        await asyncio.sleep(0)
        return "ok", b""

    async def many(_calls: Sequence[Call]) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
        yield [(0, ("ok", b""))]

    tasks = ask(Coalescing(one, many, at_once=1, longest_wait=60), "first", "a", "b")
    assert (await tasks[1]) == ("ok", b"")
    with pytest.raises(UnansweredError):
        await tasks[2]
