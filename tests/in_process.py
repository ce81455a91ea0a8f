"""The whole store in one process and without Ray, on the tests' Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from redis.asyncio import Redis

from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.values.clock import Clock, utc_now
from deployments.notifications.domain import address_id, link_token
from deployments.notifications.service import CLAIM_SECONDS
from deployments.notifications.store import NotificationsStore
from deployments.store import placed
from deployments.topology import BY_NAME
from tests.conftest import ClientOf

URL = "http://store"


def composed(
    redis_of: ClientOf, services: Sequence[str] = tuple(BY_NAME), /, **options: dict[str, Any]
) -> Host:
    """A store that has not started; `options` are further arguments of services' `compose()`."""
    return on_node(utc_now, redis_of, services, **options)


def on_node(
    clock: Clock,
    redis_of: ClientOf,
    services: Sequence[str] = tuple(BY_NAME),
    /,
    **options: dict[str, Any],
) -> Host:
    """The same, on a node with this clock."""

    def client(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    options = {"orders": {"url": URL}, **options}
    found = [
        replace(one, compose=partial(one.compose, **options.get(one.name, {})))
        for one in placed(services)
    ]
    return Host(found, client, nowhere, clock=clock)


@asynccontextmanager
async def store_in_process(redis_of: ClientOf, **options: dict[str, Any]) -> AsyncIterator[Host]:
    """A store with all that is shipped, which answers and consumes nothing."""
    host = composed(redis_of, **options)
    await host.start(consume=False)
    try:
        yield host
    finally:
        await host.stop()


async def mail_token(redis_of: ClientOf, address: str) -> str:
    """What a link in a mail to this address ends with."""
    store = NotificationsStore(redis_of("notifications"), claim_seconds=CLAIM_SECONDS)
    secret = await store.secret()
    return link_token(address_id(address, secret), secret)
