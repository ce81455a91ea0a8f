"""A shop with two products, in which one import works while people change the same things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import JsonValue

from deployments.backoffice.formats.items import ImportKind
from deployments.backoffice.imports.run import ImportRun
from deployments.backoffice.imports.worker import ImportWorker
from deployments.catalog.audit import CatalogAudit
from deployments.catalog.contract import ImportProducts
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.placement.consumption import Consumption
from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.meter import UNMEASURED
from deployments.inventory.audit import InventoryAudit
from deployments.inventory.contract import ReceiveStock, StockRow
from deployments.inventory.records import InventoryRecords
from deployments.staff.audit import StaffAudit
from deployments.staff.records import StaffRecords
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.published_events import published
from tests.unit.backoffice.imports.shop import ADA, Shop, unhurried
from tests.unit.catalog.sample_products import product, variant

SKUS, PRODUCTS = ("A", "B", "C"), ("p", "q")
OF = {"A": "p", "B": "p", "C": "q"}
PRICE, UNITS, PLACE = 1000, 30, 1
BOB = Author(kind="person", id="bob@example.org", name="Bob")
Values = dict[str, JsonValue]


@dataclass(frozen=True)
class Handed:
    """A file that was handed in: what each of its rows wants, by row and by what it is about."""

    kind: ImportKind
    id: str
    rows: dict[int, str]
    after: dict[str, Values]


class SmallShop(Shop):
    """Of all services only those that an import asks, and staff, who keep the audit log."""

    def __init__(self, redis_of: ClientOf) -> None:
        super().__init__(redis_of, ("catalog", "inventory", "pricing", "staff"))
        self.staff = redis_of("staff")
        self._log = Consumption(
            "staff",
            self.staff,
            lambda _publisher: redis_of("staff"),
            self.host.services["staff"].subscriptions,
            meter=UNMEASURED,
        )

    async def open(self) -> None:
        """Sell two products, of which some units lie in one place."""
        await self.host.start(seed=False, consume=False)
        self._log.start()
        sold = (
            product("p", variant("A", PRICE, color="Red"), variant("B", PRICE, color="Blue")),
            product("q", variant("C", PRICE)),
        )
        await self.catalog.import_products(ImportProducts(batch="first", products=sold))
        rows = (
            StockRow(sku=sku, location_id=PLACE, location_name="Here", quantity=UNITS)
            for sku in SKUS
        )
        await self.inventory.receive(ReceiveStock(batch="first", rows=tuple(rows)))

    async def close(self) -> None:
        """End everything."""
        await self._log.stop()
        await self.host.stop()

    def successor(self) -> ImportWorker:
        """A worker that takes over at once, whoever has the lease."""
        return ImportWorker(self.impatient(), self.effects(), pace=unhurried, lease_seconds=600)

    async def changes(self, *services: str) -> list[Change]:
        """What events tell of changes by staff."""
        return [
            Change.model_validate(event.data["change"])
            for service in services or ("catalog", "inventory")
            for event in await published(self._redis_of(service), service)
            if event.data.get("change")
        ]

    # What must hold

    async def check(self, handed: Iterable[Handed]) -> None:
        """The books are straight, and no row took effect twice or over somebody's change."""
        changes = await self.changes("catalog")
        await self._check_values(changes)
        for one in handed:
            await self._check_rows(one, changes)
        books = InventoryAudit(self._redis_of("inventory"), Inspection(0))
        for look in (books.stock, books.holds, books.events):
            assert (await look()).discrepancies == ()
        assert (await CatalogAudit(self._redis_of("catalog")).events()).discrepancies == ()

    async def _check_values(self, changes: Sequence[Change]) -> None:
        """Each change began where another one ended: none was made upon what was not so."""
        began, ended = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for field, value in await self._now():
            began[field, value] += 1
        for field, value in _beginning():
            ended[field, value] += 1
        for change in changes:
            for field, before, after in _moves(change):
                began[field, before] += 1
                ended[field, after] += 1
        assert began == ended

    async def _now(self) -> list[tuple[str, str]]:
        found = []
        for id_ in PRODUCTS:
            document = await self.document(id_)
            found.append((f"{id_}.title", document.product.title))
            found += [(f"{one.sku}.price", str(one.price)) for one in document.product.variants]
            plans = {one.sku: one for one in document.scheduled}
            for sku in (one.sku for one in document.product.variants):
                plan = plans.get(sku)
                found.append((f"{sku}.plan", str(plan.price if plan else None)))
        return found

    async def _check_rows(self, one: Handed, changes: Sequence[Change]) -> None:
        if one.kind == "stock":
            await self._check_movements(one)
            return
        run = await self.desk.get(one.kind, one.id)
        told = [change for change in changes if change.reason.endswith(f"import {one.id}")]
        subjects = Counter(change.subject for change in told)
        assert set(subjects.values()) <= {1}, f"twice: {subjects}"
        seen = {change.subject: change for change in await self.desk.changes(one.id)}
        for change in told:
            shown = seen[change.subject.rpartition("/")[2]]
            for name in shown.after:
                assert change.before.get(name) == shown.before.get(name), "over somebody's change"
                assert change.after.get(name) == shown.after[name]
        if run.state != "done":
            return
        refused = {row.row for row in await self.desk.refused(one.id)}
        for row, subject in one.rows.items():
            if row in refused or any(subject == change.subject for change in told):
                continue
            assert _was_so_once(one.after[subject], subject, changes), f"{subject} is lost"

    async def _check_movements(self, one: Handed) -> None:
        run = await self.desk.get("stock", one.id)
        refused = {row.row for row in await self.desk.refused(one.id)}
        booked = Counter[str]()
        records = InventoryRecords(self._redis_of("inventory"))
        booked.update(one.change or "" for one in await records.movements())
        for row in one.rows:
            times = booked[f"import:{one.id}:{row}"]
            assert times <= 1
            if run.state == "done":
                assert (times == 1) != (row in refused)

    async def check_the_log(self) -> None:
        """Every change is in the audit log, once, and the chain is whole."""
        told = Counter(map(_text, await self.changes()))

        async def written_down() -> bool:
            return (await StaffRecords(self.staff).chain()).entries >= told.total()

        await eventually(written_down)
        kept = Counter[str]()
        async for entries in StaffRecords(self.staff).entries():
            kept.update(_text(Change.model_validate_json(one.change)) for one in entries)
        assert kept == told
        assert (await StaffAudit(self.staff, Inspection(0)).log()).discrepancies == ()

    async def finish(self, handed: Iterable[Handed]) -> list[ImportRun]:
        """Have everything take effect that can."""
        runs = []
        while await self.successor().tick():
            pass
        for one in handed:
            run = await self.desk.get(one.kind, one.id)
            if run.state in {"ready", "stopped"}:
                await self.desk.run(one.kind, one.id, ADA, "at last")
            while await self.successor().tick():
                pass
            runs.append(await self.desk.get(one.kind, one.id))
        return runs


def _text(change: Change) -> str:
    return change.model_dump_json()


def _beginning() -> list[tuple[str, str]]:
    found = [(f"{id_}.title", "Thing") for id_ in PRODUCTS]
    for sku in SKUS:
        found += [(f"{sku}.price", str(PRICE)), (f"{sku}.plan", "None")]
    return found


def _moves(change: Change) -> list[tuple[str, str, str]]:
    """From what to what each field went that a change is about."""
    _, kind, name = change.subject.split("/", 2)
    before, after = cast(dict[str, Any], change.before), cast(dict[str, Any], change.after)
    if kind == "price":
        field = f"{name}.plan" if change.action == "price_planned" else f"{name}.price"
        return [(field, str(before.get("price")), str(after.get("price")))]
    return [
        (f"{name}.title" if one == "title" else one, str(before[one]), str(after[one]))
        for one in after
    ]


def _was_so_once(wanted: Values, subject: str, changes: Iterable[Change]) -> bool:
    """Whether each of the values was there at some time, by somebody's hand or from the first."""
    _, kind, name = subject.split("/", 2)
    there = set(_beginning())
    there |= {(field, after) for change in changes for field, _, after in _moves(change)}
    if kind == "price":
        field = f"{name}.plan" if "starts" in wanted else f"{name}.price"
        return (field, str(wanted["price"])) in there
    return all(
        (f"{name}.title" if one == "title" else one, str(value)) in there
        for one, value in wanted.items()
    )
