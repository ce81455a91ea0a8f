"""What becomes of mails that fail, and what an operator types about it."""

from __future__ import annotations

from deployments.foundation.events.dead_letters import DeadLetter
from deployments.foundation.events.subscriptions import RetryPolicy
from deployments.notifications.store import SERVICE
from tests.command_line import typed
from tests.eventually import eventually
from tests.unit.notifications.composed_notifications import ComposedNotifications

ALL_ATTEMPTS = RetryPolicy().attempts


async def operator(*words: str) -> str:
    """What an operator's command prints."""
    ended = await typed("dead-letters", *words, "--service", SERVICE)
    assert ended.status == 0, ended.err
    return ended.out


async def none_is_left(notifications: ComposedNotifications) -> None:
    async def gone() -> bool:
        return await notifications.dead_letters.count() == 0

    await eventually(gone)


async def replay(notifications: ComposedNotifications) -> None:
    """All dead letters, once more, until none is left."""
    async with notifications.consuming():
        await operator("replay", "--all")
        await none_is_left(notifications)


async def fail(notifications: ComposedNotifications, letters: int = 1) -> list[DeadLetter]:
    """What is given up of what was published."""
    async with notifications.consuming():
        await notifications.settled()
    given_up = await notifications.dead_letters.oldest()
    assert len(given_up) == letters
    return given_up
