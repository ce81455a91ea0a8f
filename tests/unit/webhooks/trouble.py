"""What tests of trouble do to endpoints, and wait for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Received, Receiver, Responder


def status(code: int, **headers: str) -> Responder:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _received: Response(status_code=code, headers=named)


def hang(_received: Received) -> None:
    return None


def until(true: Callable[[], bool]) -> Awaitable[None]:
    async def ask() -> bool:
        return true()

    return eventually(ask)


async def failed(webhooks: ComposedWebhooks, hooks: Receiver, count: int = 1) -> None:
    """Until so many requests were made, and written down as failed."""
    await until(lambda: len(hooks.received) >= count)

    async def none_under_way() -> bool:
        return not any(":claims:" in key for key in await webhooks.left())

    await eventually(none_under_way)


async def queued(webhooks: ComposedWebhooks, hooks: Receiver, *orders: str) -> None:
    await webhooks.register(hooks.url)
    for name in orders or ("s1",):
        await webhooks.place(name)
    await webhooks.queued()
