"""Whatever the store does between any two commands of an audit, it finds nothing wrong."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from commands.audit.books import Books
from commands.audit.command import audit
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.redis.connection import password
from deployments.payments.contract import RefundPayment
from tests.conftest import SECRET
from tests.unit.audit.audited_store import AuditedStore, findings
from tests.unit.audit.followers import DELIVERY_SECONDS

Hook = Callable[[], Awaitable[None]]


class Interrupted(Redis):
    """A client that lets something happen before each of its commands, and of its pipelines."""

    hook: Hook

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        await self.hook()
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        pipe = super().pipeline(*args, **options)
        execute = pipe.execute

        async def later(*args: Any, **options: Any) -> Any:  # noqa: ANN401
            await self.hook()
            return await execute(*args, **options)

        pipe.execute = later  # type: ignore[method-assign]
        return pipe


class BusyStore:
    """A store that goes on a little now and then."""

    def __init__(self, audited: AuditedStore, chance: random.Random) -> None:
        self._shop, self._chance = audited, chance
        self._last = ""
        self.steps = 0

    async def may_go_on(self) -> None:
        if self._chance.random() < 0.04:
            self.steps += 1
            await self._chance.choice([self._buy, self._refund, self._follow, self._move_along])()

    async def _buy(self) -> None:
        self._last = (await self._shop.buy()).saga

    async def _refund(self) -> None:
        if self._last:
            request = RefundPayment(key=f"back:{self.steps}", payment_id=self._last, amount=1)
            await self._shop.services.payments.refund(request)

    async def _follow(self) -> None:
        await self._shop.follow()

    async def _move_along(self) -> None:
        await self._shop.dispatch()
        if self._chance.random() < 0.5:
            self._shop.services.clock.forward(seconds=DELIVERY_SECONDS)
            await self._shop.followers.move_along()


@pytest.fixture
async def clients(valkey_socket: Path) -> AsyncIterator[dict[str, Interrupted]]:
    """Clients that are made when they are asked for, and closed in the end."""
    async with AsyncExitStack() as stack:

        class Clients(dict[str, Interrupted]):
            def __missing__(self, service: str) -> Interrupted:
                client = Interrupted(
                    unix_socket_path=str(valkey_socket),
                    username=service,
                    password=password(service, SECRET),
                    decode_responses=True,
                )
                stack.push_async_callback(client.aclose)
                self[service] = client
                return client

        yield Clients()


@pytest.mark.parametrize("seed", range(12))
async def test_an_audit_that_is_overtaken_reports_nothing(
    audited: AuditedStore, clients: dict[str, Interrupted], seed: int
) -> None:
    busy = BusyStore(audited, random.Random(seed))
    Interrupted.hook = staticmethod(busy.may_go_on)
    books = Books.of(clients.__getitem__, Inspection(0, audited.services.clock))
    assert findings(await audit(books)) == set()
    assert busy.steps > 5
