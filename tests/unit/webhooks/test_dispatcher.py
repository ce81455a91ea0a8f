"""A dispatcher that has nothing to begin leaves the event loop to others."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.events.loop import Loop
from deployments.webhooks.dispatcher import Dispatcher
from tests.conftest import ClientOf
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks


async def _others_go_on(dispatcher: Dispatcher) -> None:
    """Whether the loop, woken, lets anybody else run; else this never ends."""
    loop = Loop("deliveries", dispatcher.tick, every=0.01, sleep=dispatcher.rest)
    ticking = asyncio.create_task(loop.run())
    turns = 0

    async def other() -> None:
        nonlocal turns
        for _ in range(20):
            dispatcher.wake()
            await asyncio.sleep(0)
            turns += 1

    await other()
    ticking.cancel()
    await asyncio.wait([ticking])
    assert turns == 20


async def test_a_stopped_dispatcher_that_is_woken_keeps_nobody_waiting(redis_of: ClientOf) -> None:
    dispatcher = ComposedWebhooks(redis_of).dispatcher()
    await dispatcher.stop()
    await _others_go_on(dispatcher)


@pytest.mark.parametrize("at_once", [0, 1])
async def test_nor_does_one_without_service(redis_of: ClientOf, at_once: int) -> None:
    webhooks = ComposedWebhooks(redis_of)
    await _others_go_on(Dispatcher(webhooks.store, webhooks.webhook_client, at_once=at_once))
