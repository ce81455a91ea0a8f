"""The subscribers of the store that the environment names, for an operator's commands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import LagMeter
from deployments.foundation.redis.connection import client
from deployments.topology import SUBSCRIPTIONS

_TRIES = 2


class Subscriber:
    """A service that reads others' events, entered as its own user."""

    def __init__(self, service: str, own: Redis, publishers: dict[str, Redis]) -> None:
        self.service, self.own = service, own
        self.letters = DeadLetters(service, own)
        self.meter = LagMeter(service, own, publishers)


@asynccontextmanager
async def subscribers(services: Iterable[str]) -> AsyncIterator[list[Subscriber]]:
    """These services; their connections are closed afterwards."""
    async with AsyncExitStack() as stack:

        def enter(service: str, publisher: str) -> Redis:
            redis = client(service, at=publisher, retries=_TRIES)
            stack.push_async_callback(redis.aclose)
            return redis

        yield [
            Subscriber(
                service,
                enter(service, service),
                {publisher: enter(service, publisher) for publisher in SUBSCRIPTIONS[service]},
            )
            for service in services
        ]
