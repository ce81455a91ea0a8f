"""Stock is adjusted, counted and moved while it is sold: no unit is lost, and none sold twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.audit import InventoryAudit
from deployments.inventory.domain.stock import State
from tests.conftest import SECRET
from tests.unit.inventory.inventory_client import InventoryClient
from tests.unit.inventory.stock_requests import adjusting, counting, delivery, sending

SKU = "helmet"
PLACES = (1, 2, 3)


@dataclass(frozen=True)
class Deed:
    """What somebody does: a buyer buys or gives up, or staff change the stock."""

    what: Literal["buy", "give up", "deliver", "adjust", "count", "transfer"]
    at: int
    units: int


DEEDS = st.lists(
    st.builds(
        Deed,
        what=st.sampled_from(["buy", "buy", "give up", "deliver", "adjust", "count", "transfer"]),
        at=st.sampled_from(PLACES),
        units=st.integers(1, 6),
    ),
    min_size=2,
    max_size=12,
)


class AtOnce(RuleBasedStateMachine):
    """Two replicas on one server, and several people at a time."""

    socket: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        with SyncRedis(unix_socket_path=self.socket) as admin:
            admin.flushall()
        self.runner = asyncio.Runner()
        self.clients = [self.client() for _ in range(2)]
        self.replicas = [InventoryClient(redis) for redis in self.clients]
        self.number = 0
        self.bought = 0

    def client(self) -> Redis:
        return Redis(
            unix_socket_path=self.socket,
            username="inventory",
            password=password("inventory", SECRET),
            decode_responses=True,
        )

    def teardown(self) -> None:
        for client in self.clients:
            self.runner.run(client.aclose())
        self.runner.close()

    @initialize()
    def stocked(self) -> None:
        self.runner.run(self.replicas[0].receive("first", *((SKU, at, 4) for at in PLACES)))

    @rule(deeds=DEEDS)
    def all_at_once(self, deeds: list[Deed]) -> None:
        self.runner.run(self.together(deeds))

    async def together(self, deeds: list[Deed]) -> None:
        outcomes = await asyncio.gather(*map(self.done, deeds), return_exceptions=True)
        bugs = [one for one in outcomes if isinstance(one, BaseException)]
        assert [one for one in bugs if not isinstance(one, Rejection)] == []
        self.bought += sum(
            deed.units
            for deed, outcome in zip(deeds, outcomes, strict=True)
            if deed.what == "buy" and not isinstance(outcome, BaseException)
        )

    def done(self, deed: Deed) -> Coroutine[Any, Any, object]:
        self.number += 1
        key, here = f"key{self.number}", self.replicas[self.number % 2]
        place = {(SKU, deed.at): deed.units}
        match deed.what:
            case "buy":
                return buy(here, key, deed.units)
            case "give up":
                return give_up(here, key, deed.units)
            case "deliver":
                return here.api.receive_delivery(delivery(key, place))
            case "adjust":
                return here.api.adjust(adjusting(key, {(SKU, deed.at): -deed.units}))
            case "count":
                return here.api.count(counting(key, place))
            case "transfer":
                return here.api.send_transfer(sending(key, deed.at, deed.at % 3 + 1, helmet=2))

    @invariant()
    def the_books_are_clean(self) -> None:
        audit = InventoryAudit(self.clients[0], Inspection(0))
        for check in (audit.stock, audit.holds, audit.events):
            assert self.runner.run(check()).discrepancies == ()

    @invariant()
    def what_was_bought_is_there_and_nothing_is_owed(self) -> None:
        units: Counter[State] = Counter()
        for (_, _, state), quantity in self.runner.run(self.replicas[0].records.stock()).items():
            assert quantity > 0
            units[state] += quantity
        assert units[State.COMMITTED] == self.bought
        assert units[State.RESERVED] == 0


async def buy(inventory: InventoryClient, saga: str, units: int) -> None:
    await inventory.reserve(saga, (SKU, units))
    await inventory.allocate(saga)
    await inventory.commit(saga)


async def give_up(inventory: InventoryClient, saga: str, units: int) -> None:
    await inventory.reserve(saga, (SKU, units))
    await inventory.release(saga)


def test_stock_that_is_changed_while_it_is_sold_stays_right(
    admin: Redis, valkey_socket: Path
) -> None:
    class Here(AtOnce):
        socket = str(valkey_socket)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
