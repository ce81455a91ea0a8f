"""Many buy, give up, receive and allow at once: never more is promised than there is and may be.

Every step may be taken twice, as one is whose answer was lost with the process that asked, or whose
process died before it asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

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
from deployments.inventory.contract.ahead import NOT_HERE
from deployments.inventory.domain.stock import State
from deployments.inventory.events import StockCommitted
from tests.conftest import SECRET
from tests.published_events import published
from tests.unit.inventory.inventory_client import InventoryClient
from tests.unit.inventory.stock_requests import adjusting, allowing, delivery

SKU = "helmet"


class Deed(NamedTuple):
    """What somebody does, how often each step is sent, and where he stops (0: at once)."""

    what: Literal["buy", "give up", "deliver", "adjust", "allow"]
    units: int
    times: int
    steps: int


DEEDS = st.lists(
    st.builds(
        Deed,
        what=st.sampled_from(["buy", "buy", "buy", "give up", "deliver", "adjust", "allow"]),
        units=st.integers(1, 6),
        times=st.integers(1, 2),
        steps=st.integers(0, 3),
    ),
    min_size=2,
    max_size=10,
)


class AheadAtOnce(RuleBasedStateMachine):
    """Two replicas on one server, and several people at a time."""

    socket: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        with SyncRedis(unix_socket_path=self.socket) as admin:
            admin.flushall()
        self.runner = asyncio.Runner()
        self.clients = [self.client() for _ in range(2)]
        self.replicas = [InventoryClient(redis) for redis in self.clients]
        self.number, self.allowed = 0, 0
        self.promised: Counter[str] = Counter()
        """Units by reservation, of all that were made and not given back."""
        self.sold: set[str] = set()

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
        self.runner.run(self.replicas[0].receive("first", (SKU, 1, 2), (SKU, 2, 1)))

    @rule(deeds=DEEDS)
    def all_at_once(self, deeds: list[Deed]) -> None:
        most = [deed.units * 2 for deed in deeds if deed.what == "allow"]
        self.runner.run(self.together(deeds))
        self.allowed = max([self.allowed, *most])

    async def together(self, deeds: list[Deed]) -> None:
        outcomes = await asyncio.gather(*map(self.done, deeds), return_exceptions=True)
        bugs = [one for one in outcomes if isinstance(one, BaseException)]
        assert [one for one in bugs if not isinstance(one, Rejection)] == []

    def done(self, deed: Deed) -> Coroutine[Any, Any, None]:
        self.number += 1
        key, here = f"key{self.number}", self.replicas[self.number % 2]
        place = {(SKU, self.number % 2 + 1): deed.units}
        match deed.what:
            case "buy":
                return self.buy(here, key, deed)
            case "give up":
                return self.give_up(here, key, deed)
            case "deliver":
                return sent(deed, lambda: here.api.receive_delivery(delivery(key, place)))
            case "adjust":
                taken = {at: -units for at, units in place.items()}
                return sent(deed, lambda: here.api.adjust(adjusting(key, taken)))
            case "allow":
                return sent(deed, lambda: here.api.allow_ahead(allowing(key, SKU, deed.units * 2)))

    async def buy(self, here: InventoryClient, saga: str, deed: Deed) -> None:
        """Reserve, allocate and commit, or as far as that goes."""
        if deed.steps == 0:
            return
        for _ in range(deed.times):
            await here.reserve_ahead(saga, SKU, deed.units, deed.units)
        self.promised[saga] = deed.units
        for _ in range(deed.times if deed.steps > 1 else 0):
            await here.allocate(saga)
        for _ in range(deed.times if deed.steps > 2 else 0):
            await here.commit(saga)
            self.sold.add(saga)

    async def give_up(self, here: InventoryClient, saga: str, deed: Deed) -> None:
        await here.reserve_ahead(saga, SKU, deed.units, deed.units)
        for _ in range(deed.times):
            await here.release(saga)

    @invariant()
    def the_books_are_clean(self) -> None:
        audit = InventoryAudit(self.clients[0], Inspection(0))
        for check in (audit.stock, audit.holds, audit.events):
            assert self.runner.run(check()).discrepancies == ()

    @invariant()
    def no_more_is_promised_than_there_is_and_was_allowed(self) -> None:
        here, ahead = Counter[State](), Counter[State]()
        for (_, at, state), units in self.runner.run(self.replicas[0].records.stock()).items():
            assert units > 0
            (ahead if at == NOT_HERE else here)[state] += units
        aside = here[State.RESERVED] + here[State.COMMITTED]
        waiting = ahead[State.RESERVED] + ahead[State.COMMITTED]
        assert aside + waiting == self.promised.total()
        assert waiting + ahead[State.ALLOWED] <= self.allowed
        assert not (waiting and here[State.AVAILABLE])

    @invariant()
    def who_has_all_his_units_is_told_once(self) -> None:
        events = self.runner.run(published(self.clients[0], "inventory", StockCommitted.type))
        told = Counter(one.data["reservation_id"] for one in events)
        records = self.runner.run(self.replicas[0].records.reservations(sorted(self.sold)))
        assert dict(told) == {id_: 1 for id_, record in records.items() if not record.waits}


async def sent(deed: Deed, send: Any) -> None:  # noqa: ANN401 - any method of the contract.
    """Send a change as often as a deed says; never at all where it stops before."""
    for _ in range(deed.times if deed.steps else 0):
        await send()


def test_no_more_is_sold_ahead_than_was_allowed(admin: Redis, valkey_socket: Path) -> None:
    class Here(AheadAtOnce):
        socket = str(valkey_socket)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
