"""An import runs, is killed and resumed while people change the same things and units are sold:
nobody's change is lost, no row takes effect twice, and each is in the report or in the audit log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from deployments.backoffice.formats.items import ImportKind
from deployments.backoffice.imports.worker import ImportWorker
from deployments.catalog.contract import CatalogApi
from deployments.datastore.users import set_user
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.redis.connection import password
from deployments.foundation.values.authorship import Author
from deployments.inventory.contract import InventoryApi
from tests.conftest import SECRET
from tests.unit.backoffice.imports.deeds import PRICES, STARTS, TITLES, Deed, People
from tests.unit.backoffice.imports.dying import KilledError
from tests.unit.backoffice.imports.interruptions import Crossings, End, Interruption, survived
from tests.unit.backoffice.imports.shop import ADA, csv_of, unhurried
from tests.unit.backoffice.imports.small_shop import BOB, OF, PLACE, SKUS, Handed, SmallShop, Values

pytestmark = pytest.mark.long

T = TypeVar("T")
WHATS = ("price", "price", "plan", "unplan", "title", "adjust", "buy")
ENDS: tuple[End, ...] = ("goes on", "is killed", "is killed", "is overtaken", "is stopped")
deeds = st.builds(
    Deed,
    what=st.sampled_from(WHATS),
    sku=st.sampled_from(SKUS),
    value=st.integers(0, 2),
    late=st.booleans(),
)
interruptions = st.lists(
    st.builds(
        Interruption,
        after=st.integers(0, 16),
        deeds=st.lists(deeds, max_size=3).map(tuple),
        then=st.sampled_from(ENDS),
    ),
    max_size=4,
)
wanted = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 2), min_size=1)
which = st.integers(0, 2)


class ImportAtOnce(RuleBasedStateMachine):
    """One shop, its people, and files that are handed in one after another."""

    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clients: list[Redis] = []
        self.handed: list[Handed] = []
        self.is_sound = False

    def do(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        self.is_sound = False
        return self.runner.run(done())

    def client(self, service: str) -> Redis:
        redis = Redis(
            unix_socket_path=str(self.socket),
            username=service,
            password=password(service, SECRET),
            decode_responses=True,
        )
        self.clients.append(redis)
        return redis

    @initialize()
    def open(self) -> None:
        self.do(self._open())

    async def _open(self) -> None:
        async with Redis(unix_socket_path=str(self.socket)) as admin:
            await admin.flushall()
            for service in ("catalog", "inventory", "pricing", "staff", "backoffice"):
                await admin.execute_command(*set_user(service, SECRET))
        self.shop = SmallShop(self.client)
        self.people = People(self.shop)
        self.crossings = Crossings(self._interrupt)
        await self.shop.open()

    # What happens

    @rule(done=st.lists(deeds, min_size=1, max_size=4))
    def people_change_things(self, done: list[Deed]) -> None:
        self.do(self._together(done))

    async def _together(self, done: Iterable[Deed]) -> None:
        await asyncio.gather(*map(self.people.do, done))

    @rule(prices=wanted, meanwhile=interruptions)
    def prices_are_handed_in(self, prices: dict[str, int], meanwhile: list[Interruption]) -> None:
        after: dict[str, Values] = {sku: {"price": PRICES[n]} for sku, n in prices.items()}
        rows = [(sku, _typed(PRICES[n])) for sku, n in prices.items()]
        self._hand_in("prices", ("sku", "price"), rows, after, meanwhile)

    @rule(prices=wanted, meanwhile=interruptions)
    def planned_prices_are_handed_in(
        self, prices: dict[str, int], meanwhile: list[Interruption]
    ) -> None:
        starts = STARTS.strftime("%Y-%m-%d")
        after: dict[str, Values] = {
            sku: {"price": PRICES[n], "starts": starts} for sku, n in prices.items()
        }
        rows = [(sku, _typed(PRICES[n]), starts) for sku, n in prices.items()]
        self._hand_in("prices", ("sku", "price", "starts"), rows, after, meanwhile)

    @rule(prices=wanted, title=st.integers(0, 2), meanwhile=interruptions)
    def products_are_handed_in(
        self, prices: dict[str, int], title: int, meanwhile: list[Interruption]
    ) -> None:
        after: dict[str, Values] = {}
        rows = []
        for sku, n in sorted(prices.items()):
            product = after.setdefault(OF[sku], {"title": TITLES[title]})
            product[f"{sku}.price"] = PRICES[n]
            rows.append((OF[sku], TITLES[title], sku, _typed(PRICES[n])))
        columns = ("product_id", "title", "sku", "price")
        self._hand_in("products", columns, rows, after, meanwhile)

    @rule(units=wanted, what=st.sampled_from(["received", "adjust_by"]), meanwhile=interruptions)
    def stock_is_handed_in(
        self, units: dict[str, int], what: str, meanwhile: list[Interruption]
    ) -> None:
        after: dict[str, Values] = {sku: {} for sku in units}
        rows = [(sku, PLACE, n + 1) for sku, n in units.items()]
        self._hand_in("stock", ("sku", "location_id", what), rows, after, meanwhile)

    def _hand_in(
        self,
        kind: ImportKind,
        columns: tuple[str, ...],
        rows: Sequence[tuple[object, ...]],
        after: dict[str, Values],
        meanwhile: list[Interruption],
    ) -> None:
        self.do(self._handed_in(kind, csv_of(columns, *rows), rows, after, meanwhile))

    async def _handed_in(
        self,
        kind: ImportKind,
        file: str,
        rows: Sequence[tuple[object, ...]],
        after: dict[str, Values],
        meanwhile: list[Interruption],
    ) -> None:
        try:
            run = await self.shop.begin(kind, file, again=True)
        except ProtocolError as no:
            if no.code != "too_many_imports":
                raise
            return
        about = "product" if kind == "products" else "price"
        lines: dict[str, int] = {}
        for line, row in enumerate(rows, start=2):
            lines.setdefault(f"catalog/{about}/{row[0]}", line)
        self.handed.append(
            Handed(
                kind,
                run.id,
                {line: subject for subject, line in lines.items()},
                {f"catalog/{about}/{name}": values for name, values in after.items()},
            )
        )
        await self._work(meanwhile)

    @rule(n=which, meanwhile=interruptions, author=st.sampled_from([ADA, BOB]))
    def somebody_has_one_run(self, n: int, meanwhile: list[Interruption], author: Author) -> None:
        self.do(self._run(n, meanwhile, author))

    async def _run(self, n: int, meanwhile: list[Interruption], author: Author) -> None:
        for one in self.handed[-1 - n :]:
            run = await self.shop.desk.get(one.kind, one.id)
            if run.state in {"ready", "stopped"}:
                await self.shop.desk.run(one.kind, one.id, author, "because")
                break
        await self._work(meanwhile)

    @rule(n=which)
    def one_is_discarded(self, n: int) -> None:
        for one in self.handed[-1 - n : len(self.handed) - n]:
            self.do(self.shop.desk.discard(one.kind, one.id))

    # The worker, and what comes between

    async def _work(self, meanwhile: list[Interruption]) -> None:
        self.crossings.expect(meanwhile)
        await survived(self._watched().tick())
        self.crossings.expect([])

    def _watched(self) -> ImportWorker:
        around = self.crossings.around
        shop = self.shop
        catalog: CatalogApi = around(shop.catalog)
        inventory: InventoryApi = around(shop.inventory)
        effects = shop.effects_upon(catalog, inventory)
        return ImportWorker(around(shop.impatient()), effects, pace=unhurried, lease_seconds=600)

    async def _interrupt(self, interruption: Interruption) -> None:
        await self._together(interruption.deeds)
        if interruption.then == "is killed":
            raise KilledError
        if interruption.then == "is overtaken":
            await self.shop.successor().tick()
        if interruption.then == "is stopped":
            for one in self.handed:
                run = await self.shop.desk.stop(one.kind, one.id)
                if run.state == "stopped":
                    await self.shop.desk.run(one.kind, one.id, BOB, "after all")

    # What holds

    @invariant()
    def nothing_is_lost_and_nothing_doubled(self) -> None:
        self.do(self._check())
        self.is_sound = True

    async def _check(self) -> None:
        await self.shop.check(self.handed)
        self.people.check(await self.shop.changes("catalog"))

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self.do(self._in_the_end())
        finally:
            self.do(self._close())
            self.runner.close()

    async def _in_the_end(self) -> None:
        for run in await self.shop.finish(self.handed):
            assert run.state in {"done", "failed"}
            if run.state == "done":
                rows = run.made.all + run.checked.refused
                assert rows == run.total
        await self._check()
        await self.shop.check_the_log()

    async def _close(self) -> None:
        await self.shop.close()
        for redis in self.clients:
            await redis.aclose()


def _typed(cents: int) -> str:
    return f"{cents / 100:.2f}"


def test_an_import_among_people_loses_nothing(valkey_socket: Path) -> None:
    machine = type("Here", (ImportAtOnce,), {"socket": valkey_socket})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
