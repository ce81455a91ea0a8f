"""An operator lists endpoints, and shows, replays and drops what they did not take."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from starlette.responses import Response

from commands import webhooks
from commands.receipt import Page
from tests.conftest import ClientOf
from tests.unit.consuming.toys import eventually
from tests.unit.webhooks.receiver import Received, receiver
from tests.unit.webhooks.world import World


async def typed(world: World, *words: str) -> tuple[int, str]:
    """What a command exits with and prints."""
    written = io.StringIO()
    page = Page(Console(file=written, width=250, highlight=False, markup=False, emoji=False))
    page.console.width = 250
    status = await webhooks.run(webhooks.parser().parse_args(words), page, world.store, world.clock)
    return status, written.getvalue()


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
