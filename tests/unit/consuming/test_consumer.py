"""Every event takes effect once and in its subject's order, whatever happens to the readers."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from itertools import accumulate

from tests.unit.consuming.conftest import Run
from tests.unit.consuming.toys import Mill, Shelf, eventually, subjects


async def test_events_reach_their_handler_in_order(mill: Mill, shelf: Shelf, run: Run) -> None:
    sacks = subjects(40)
    await mill.grind(*sacks)
    run(shelf)
    await mill.grind(*sacks, *sacks)
    await eventually(lambda: shelf.has(effects=120))
    assert [await shelf.kept(sack) for sack in sacks] == [[1, 2, 3]] * 40

    async def acknowledged() -> bool:
        return await shelf.pending() == 0

    await eventually(acknowledged)
    assert await shelf.figure("calls") == 120


async def test_ten_thousand_events_survive_readers_that_are_killed_all_the_time(
    mill: Mill, shelf: Shelf, run: Run
) -> None:
    chance, kills = random.Random(4), 0
    sacks = subjects(500)
    readers = [run(shelf) for _ in range(3)]

    async def publish() -> None:
        for _ in range(20):
            await mill.grind(*sacks)

    publishing = asyncio.create_task(publish())
    for effects in accumulate(iter(lambda: chance.randint(100, 700), None)):
        await eventually(partial(shelf.has, min(effects, 10_000)))
        if effects >= 10_000:
            break
        unlucky = chance.randrange(len(readers))
        await readers[unlucky].kill_and_lapse(shelf.redis)
        readers[unlucky] = run(shelf)
        kills += 1
    await publishing
    assert kills > 20
    assert await shelf.figure("effects") == 10_000
    for sack in sacks:
        assert await shelf.kept(sack) == list(range(1, 21))
    assert await shelf.figure("calls") >= 10_000
