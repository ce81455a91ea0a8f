"""Killed before or after any step, an import goes on where it was; nothing takes effect twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest

from deployments.backoffice.formats.items import StockItem
from deployments.backoffice.imports.desk import ImportDesk
from deployments.backoffice.imports.effects import Comparison, Doing, Effect
from deployments.backoffice.imports.run import ITEMS_AT_ONCE, ImportRun, Outcome
from deployments.backoffice.imports.stock import StockEffect
from deployments.backoffice.imports.store import ImportStore
from deployments.backoffice.imports.worker import ImportWorker
from deployments.catalog.contract.documents import ListProducts
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.values.clock import utc_now
from tests.unit.backoffice.imports.dying import (
    DyingEffect,
    DyingStore,
    KilledError,
    Killer,
    Step,
    When,
)
from tests.unit.backoffice.imports.shop import ADA, AT, Shop, csv_of, unhurried

pytestmark = pytest.mark.long

ROWS = 2 * ITEMS_AT_ONCE + 5
BOTH: tuple[When, ...] = ("before", "after")
ITEM_STEPS: tuple[Step, ...] = ("compare", "take")
RUN_STEPS: tuple[Step, ...] = ("claim", "end")
STEPS: list[tuple[Step, When, int]] = [
    *((step, when, at) for step in ITEM_STEPS for when in BOTH for at in (1, 25, ROWS)),
    *(("note", when, at) for when in BOTH for at in (1, 3, 4, 6)),
    *((step, when, at) for step in RUN_STEPS for when in BOTH for at in (1, 2)),
]
ATTEMPTS: list[tuple[Step, When, int]] = [
    ("attempt", when, at) for when in BOTH for at in (1, 25, ROWS)
]
"""Stock is not attempted: its movements have keys."""


async def skus(shop: Shop) -> list[str]:
    """As many SKUs as the file has rows."""
    found: list[str] = []
    cursor: int | None = 0
    while len(found) < ROWS and cursor is not None:
        page = await shop.catalog.list_products(ListProducts(cursor=cursor, limit=200))
        found += [sku for row in page.rows if row.state == "published" for sku in row.skus]
        cursor = page.cursor
    return found[:ROWS]


async def delivery(shop: Shop) -> tuple[list[str], str]:
    """A delivery of one unit of each SKU, and of which."""
    names = await skus(shop)
    rows = [(sku, AT, 1) for sku in names]
    return names, csv_of(("sku", "location_id", "received"), *rows)


async def units(shop: Shop, names: list[str]) -> dict[str, int]:
    return {sku: (await shop.on_hand(sku)).get(AT, 0) for sku in names}


def dying(shop: Shop, killer: Killer) -> ImportWorker:
    """A worker that will be killed, in a process of his own."""
    store = DyingStore(shop.redis, lease_seconds=0)
    store.killer = killer
    effects = {kind: DyingEffect(effect, killer) for kind, effect in shop.effects().items()}
    return ImportWorker(store, effects, pace=unhurried, lease_seconds=600)


async def finish(shop: Shop, killer: Killer) -> None:
    """Do what is to be done; whoever is killed has a successor at once."""
    worker = dying(shop, killer)
    while True:
        try:
            if not await worker.tick():
                return
        except KilledError:
            shop.store = ImportStore(shop.redis, lease_seconds=0)
            worker = ImportWorker(shop.store, shop.effects(), pace=unhurried, lease_seconds=600)


@pytest.mark.parametrize(("step", "when", "at"), STEPS)
async def test_a_delivery_is_booked_once(shop: Shop, step: Step, when: When, at: int) -> None:
    names, file = await delivery(shop)
    before, killer = await units(shop, names), Killer(step, when, at)

    made = await shop.begin("stock", file)
    await finish(shop, killer)
    run = await shop.desk.get("stock", made.id)
    assert (run.state, run.checked.changed, run.checked.refused) == ("ready", ROWS, 0)
    await shop.desk.run("stock", made.id, ADA, "delivery")
    await finish(shop, killer)
    run = await shop.desk.get("stock", made.id)
    assert run.state == "done"
    assert await units(shop, names) == {sku: number + 1 for sku, number in before.items()}
    assert run.made.changed == ROWS


@pytest.mark.parametrize(("step", "when", "at"), [*STEPS, *ATTEMPTS])
async def test_a_product_is_made_once(shop: Shop, step: Step, when: When, at: int) -> None:
    killer = Killer(step, when, at)
    rows = [(f"new-{n}", f"New {n}", "published", f"N-{n}", n + 1) for n in range(ROWS)]
    file = csv_of(("product_id", "title", "state", "sku", "price"), *rows)

    made = await shop.begin("products", file)
    await finish(shop, killer)
    await shop.desk.run("products", made.id, ADA, "new")
    await finish(shop, killer)
    run = await shop.desk.get("products", made.id)
    assert (run.state, run.made.refused, run.made.all) == ("done", 0, ROWS)
    revisions = [(await shop.document(f"new-{n}")).revision for n in range(ROWS)]
    assert revisions == [1] * ROWS


@pytest.mark.parametrize("when", BOTH)
@pytest.mark.parametrize("step", ["begin", "add_part", "received"])
async def test_whoever_is_killed_handing_a_file_in_hands_it_in_again(
    shop: Shop, step: str, when: When
) -> None:
    names, file = await delivery(shop)
    before = await units(shop, names)
    desk = ImportDesk(cast(ImportStore, _DyingUpload(shop.store, step, when)), utc_now)

    async def chunks() -> AsyncIterator[bytes]:
        yield file.encode()

    with pytest.raises(KilledError):
        await desk.hand_in("stock", "file.csv", ADA, chunks())
    await shop.work()
    assert await units(shop, names) == before
    run = await shop.imported("stock", file)
    assert (run.state, run.made.changed) == ("done", ROWS)
    assert await units(shop, names) == {sku: number + 1 for sku, number in before.items()}
    arrived = [one for one in await shop.desk.all() if one.state != "receiving"]
    assert [one.id for one in arrived] == [run.id], "the same file is the same import"


class _DyingUpload:
    """A store whose user is killed while a file arrives, and so cannot clear away after himself."""

    def __init__(self, store: ImportStore, step: str, when: When) -> None:
        self._store, self._step, self._when = store, step, when

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has.
        if name == "drop":
            return _nothing
        found = getattr(self._store, name)
        return partial(self._die, found) if name == self._step else found

    async def _die(self, found: Callable[..., Awaitable[object]], *words: object) -> None:
        if self._when == "after":
            await found(*words)
        raise KilledError


async def _nothing(*_words: object) -> None:
    pass


class _Waiting:
    """An effect that waits in its first row until it may go on."""

    def __init__(self, effect: Effect[Any]) -> None:
        self._effect = effect
        self.is_there, self.may_go = asyncio.Event(), asyncio.Event()

    async def compare(self, item: StockItem) -> Comparison:
        return await self._effect.compare(item)

    async def take(self, item: StockItem, digest: str, doing: Doing) -> Outcome:
        self.is_there.set()
        await self.may_go.wait()
        return await self._effect.take(item, digest, doing)


class _Away:
    """An effect whose service does not answer the first times, though it may have acted."""

    def __init__(self, effect: Effect[Any], times: int) -> None:
        self._effect, self._left = effect, times

    def _answer(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise DependencyUnavailable("inventory", "it is away")

    async def compare(self, item: StockItem) -> Comparison:
        self._answer()
        return await self._effect.compare(item)

    async def take(self, item: StockItem, digest: str, doing: Doing) -> Outcome:
        outcome = await self._effect.take(item, digest, doing)
        self._answer()
        return outcome


async def test_a_service_that_is_away_for_a_moment_is_asked_again(shop: Shop) -> None:
    names, file = await delivery(shop)
    before = await units(shop, names)
    run = await shop.begin("stock", file)
    for state in ("ready", "done"):
        away = _Away(StockEffect(shop.inventory, shop.catalog), 5)
        assert await shop.worker(stock=away).tick()
        run = await shop.desk.get("stock", run.id)
        assert run.state == state
        if state == "ready":
            await shop.desk.run("stock", run.id, ADA, "delivery")
    assert (run.made.changed, run.made.refused) == (ROWS, 0)
    assert await units(shop, names) == {sku: number + 1 for sku, number in before.items()}


async def test_a_worker_that_was_overtaken_writes_nothing_more(shop: Shop) -> None:
    names, file = await delivery(shop)
    before = await units(shop, names)
    run: ImportRun = await shop.hand_in("stock", file)
    await shop.desk.run("stock", run.id, ADA, "delivery")
    slow = _Waiting(StockEffect(shop.inventory, shop.catalog))
    asleep = ImportStore(shop.redis, lease_seconds=0)
    worker = ImportWorker(asleep, shop.effects(stock=slow), pace=unhurried, lease_seconds=600)
    working = asyncio.create_task(worker.tick())
    await slow.is_there.wait()
    await shop.work()
    slow.may_go.set()
    assert await working
    done = await shop.desk.get("stock", run.id)
    assert (done.state, done.made.changed) == ("done", ROWS)
    assert await units(shop, names) == {sku: number + 1 for sku, number in before.items()}


async def test_an_import_that_is_stopped_goes_on_when_somebody_says_so(shop: Shop) -> None:
    names, file = await delivery(shop)
    before = await units(shop, names)
    run = await shop.hand_in("stock", file)
    await shop.desk.run("stock", run.id, ADA, "delivery")
    slow = _Waiting(StockEffect(shop.inventory, shop.catalog))
    worker = ImportWorker(shop.store, shop.effects(stock=slow), pace=unhurried)
    working = asyncio.create_task(worker.tick())
    await slow.is_there.wait()
    stopped = await shop.desk.stop("stock", run.id)
    assert stopped.state == "stopped"
    slow.may_go.set()
    await working
    await shop.work()
    assert (await shop.desk.get("stock", run.id)).state == "stopped"
    assert (await shop.run(run)).state == "done"
    assert await units(shop, names) == {sku: number + 1 for sku, number in before.items()}


async def test_what_was_discarded_takes_no_effect(shop: Shop) -> None:
    names, file = await delivery(shop)
    before = await units(shop, names)
    run = await shop.hand_in("stock", file)
    assert (await shop.desk.discard("stock", run.id)).state == "failed"
    await shop.work()
    assert await units(shop, names) == before
    keys = [key async for key in shop.redis.scan_iter("{backoffice}:import:*")]
    assert [key for key in keys if key.endswith((":items", ":file"))] == []
