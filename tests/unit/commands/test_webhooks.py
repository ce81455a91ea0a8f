"""An operator lists endpoints, and shows, replays and drops what they did not take."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from rich.console import Console
from starlette.responses import Response

from commands import webhooks
from commands.page import ConsolePage
from tests.command_line import fieldhouse
from tests.conftest import ClientOf
from tests.unit.consuming.toys import eventually
from tests.unit.webhooks.receiver import Received, Receiver, ok, receiver
from tests.unit.webhooks.world import World


async def typed(world: World, *words: str) -> tuple[int, str]:
    """What a command exits with and prints."""
    written = io.StringIO()
    page = ConsolePage(Console(file=written, width=250, highlight=False, markup=False, emoji=False))
    page.console.width = 250
    status = await _carried_out(words, page, world)
    return status, written.getvalue()


async def _carried_out(words: Sequence[str], page: ConsolePage, world: World) -> int:
    do, *ids = words
    if do == "list":
        return await webhooks.listing(page, world.store)
    act = {"show": webhooks.show, "replay": webhooks.replay, "drop": webhooks.drop}[do]
    if ids == ["--all"]:
        return await webhooks.act_on_all(act, page, world.store, world.clock)
    return await webhooks.act_on(act, ids, page, world.store, world.clock)


async def took_part(requests: Sequence[Received]) -> None:
    """Until there is a request."""

    async def there() -> bool:
        return bool(requests)

    await eventually(there)


async def test_without_endpoints_there_is_nothing_to_list(redis_of: ClientOf) -> None:
    assert await typed(World(redis_of), "list") == (
        0,
        "   No platform has registered an endpoint.\n",
    )


async def test_what_an_endpoint_did_not_take_is_shown_and_replayed(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver("/hooks?key=hidden") as hooks:
        hooks.answer = lambda _: Response(status_code=500)
        endpoint = await world.register(hooks.url)
        async with world.running():
            await world.place()
            await took_part(hooks.received)

            async def given_up() -> bool:
                world.skip(timedelta(hours=1))
                return bool(await world.dead())

            await eventually(given_up)
            (id_,) = await world.dead()
            status, listed = await typed(world, "list")
            assert (status, "hidden" in listed) == (0, False)
            assert endpoint.id in listed
            assert id_ in listed
            assert "answered 500" in listed
            status, told = await typed(world, "show", id_)
            assert (status, '"currency":"USD"' in told) == (0, True)
            hooks.answer = lambda _: Response(status_code=200)
            assert (await typed(world, "replay", id_))[0] == 0
            await took_part(hooks.taken)
    assert await world.dead() == []
    assert await typed(world, "drop", id_) == (1, f"   There is no delivery {id_}.\n")


async def test_a_dead_letter_is_dropped(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver() as hooks:
        hooks.answer = lambda _: Response(status_code=410)
        await world.register(hooks.url)
        async with world.running():
            await world.place()

            async def given_up() -> bool:
                return bool(await world.dead())

            await eventually(given_up)
    (id_,) = await world.dead()
    status, told = await typed(world, "replay", id_)
    assert (status, "410" in told) == (1, True)
    assert await typed(world, "drop", id_) == (0, f"   {id_} is dropped.\n")
    assert await typed(world, "show", id_) == (1, f"   There is no delivery {id_}.\n")


def gone(_received: Received) -> Response:
    return Response(status_code=410)


async def died(world: World, count: int) -> None:
    """Until there are so many dead letters."""

    async def all_dead() -> bool:
        return len(await world.dead()) == count

    await eventually(all_dead)


async def three_letters(world: World, hooks: Receiver) -> None:
    """Have three deliveries die, two of them of one order, and the oldest once more, as the last.

    The endpoint is back afterwards.
    """
    hooks.answer = gone
    await world.register(hooks.url)
    await world.place("s1")
    await world.pay("s1")
    await world.place("s2")
    await world.queued()
    async with world.dispatching():
        await died(world, 3)
        await world.register(hooks.url)
        world.skip(timedelta(minutes=1))
        assert (await typed(world, "replay", "1"))[0] == 0
        await died(world, 2)
        await died(world, 3)
    assert (await world.dead())[-1] == "1"
    await world.register(hooks.url)


async def test_all_dead_letters_are_replayed_an_orders_older_ones_first(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver() as hooks:
        await three_letters(world, hooks)
        hooks.answer = ok
        status, told = await typed(world, "replay", "--all")
        assert (status, re.findall(r"(\d+) will be sent again", told)) == (0, ["1", "2", "3"])
        async with world.dispatching():

            async def all_taken() -> bool:
                return len(hooks.taken) == 3

            await eventually(all_taken)
    assert await typed(world, "replay", "--all") == (0, "   There are no dead letters.\n")


async def test_all_dead_letters_are_dropped_and_what_waits_is_not(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver() as hooks:
        await three_letters(world, hooks)
        await world.place("s3")
        await world.queued()
        assert (await typed(world, "drop", "--all"))[0] == 0
    assert (await world.dead(), await world.waiting()) == ([], 1)


async def test_what_cannot_be_replayed_keeps_no_other_from_it(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver() as hooks:
        await three_letters(world, hooks)
        status, told = await typed(world, "replay", "999", "2", "no-id")
    assert status == 1
    assert told == (
        "   There is no delivery 999.\n   2 will be sent again.\n   There is no delivery no-id.\n"
    )


@pytest.mark.parametrize("words", [("replay",), ("drop", "--all", "1"), ("show", "--all"), ("x",)])
def test_what_is_not_meant_clearly_is_refused(words: Sequence[str]) -> None:
    assert fieldhouse("webhooks", *words).status == 2


async def test_a_letter_that_has_lapsed_is_not_missed_among_all(redis_of: ClientOf) -> None:
    world = World(redis_of)
    async with receiver() as hooks:
        await three_letters(world, hooks)
        await redis_of("webhooks").delete("{webhooks}:delivery:2")  # As it is after 30 days.
        status, told = await typed(world, "replay", "--all")
    assert (status, told) == (0, "   1 will be sent again.\n   3 will be sent again.\n")
