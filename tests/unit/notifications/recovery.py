"""What becomes of mails that fail, and what an operator types about it."""

from __future__ import annotations

import io

from rich.console import Console

from commands import dead_letters
from commands.receipt import ReceiptPage
from deployments.foundation.events.dead_letters import DeadLetter
from deployments.foundation.events.subscriptions import RetryPolicy
from deployments.notifications.store import SERVICE
from tests.unit.consuming.toys import eventually
from tests.unit.notifications.world import World

ALL_ATTEMPTS = RetryPolicy().attempts


async def operator(*words: str) -> str:
    """What an operator's command prints."""
    written = io.StringIO()
    page = ReceiptPage(Console(file=written, width=200, highlight=False, markup=False, emoji=False))
    page.console.width = 200
    arguments = dead_letters.parser().parse_args([*words, "--service", SERVICE])
    assert await dead_letters.run(arguments, page) == 0
    return written.getvalue()


async def none_is_left(world: World) -> None:
    async def gone() -> bool:
        return await world.letters.count() == 0

    await eventually(gone)


async def replay(world: World) -> None:
    """All dead letters, once more, until none is left."""
    async with world.consuming():
        await operator("replay", "--all")
        await none_is_left(world)


async def fail(world: World, letters: int = 1) -> list[DeadLetter]:
    """What is given up of what was published."""
    async with world.consuming():
        await world.settled()
    given_up = await world.letters.oldest()
    assert len(given_up) == letters
    return given_up
