"""What an import has changed and somebody has changed back is not changed a second time, whoever
was killed, overtaken or not answered in between; and who was stopped writes nothing more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.backoffice.formats.items import ImportItem, ImportKind
from deployments.backoffice.imports.effects import Comparison, Doing, Effect
from deployments.backoffice.imports.run import ImportRun, Outcome
from deployments.backoffice.imports.worker import ImportWorker
from deployments.catalog.contract import ChangePrice
from deployments.catalog.contract.documents import SaveProduct, SchedulePrice
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.values.authorship import Author
from deployments.pricing.contract.codes import DiscountCode, GetCode, SaveCode
from tests.unit.backoffice.imports.dying import KilledError
from tests.unit.backoffice.imports.shop import ADA, SKU, Shop, csv_of, unhurried

GRACE = Author(kind="person", id="grace@example.org", name="Grace")
LATER = datetime(2036, 12, 1, tzinfo=UTC)
SUMMER = DiscountCode.model_validate(
    {
        "code": "SUMMER",
        "title": "Summer",
        "kind": "percent",
        "percent": "10",
        "starts": "2026-06-01T00:00:00Z",
        "ends": "2036-06-01T00:00:00Z",
    }
)


@dataclass(frozen=True)
class Case:
    """A file of one row, what it changes, and how somebody puts that back."""

    kind: ImportKind
    file: str
    state: Callable[[Shop], Awaitable[object]]
    put_back: Callable[[Shop], Awaitable[None]]


async def _price(shop: Shop) -> object:
    return await shop.price()


async def _old_price(shop: Shop) -> None:
    await shop.catalog.change_price(ChangePrice(sku=SKU, price=3000, author=GRACE))


async def _plan(shop: Shop) -> object:
    return (await shop.document()).scheduled


async def _no_plan(shop: Shop) -> None:
    none = SchedulePrice(sku=SKU, price=None, starts=LATER, author=GRACE)
    await shop.catalog.schedule_price(none)


async def _title(shop: Shop) -> object:
    return (await shop.document()).product.title


async def _old_title(shop: Shop) -> None:
    await _save_title(shop, "Tire")


async def _save_title(shop: Shop, title: str) -> None:
    seen = await shop.document()
    product = seen.product.model_copy(update={"title": title})
    await shop.catalog.save_product(
        SaveProduct(author=GRACE, product=product, state=seen.state, revision=seen.revision)
    )


async def _code(shop: Shop) -> object:
    return (await shop.pricing.code(GetCode(code="SUMMER"))).code


async def _old_code(shop: Shop) -> None:
    seen = await shop.pricing.code(GetCode(code="SUMMER"))
    await shop.pricing.save_code(SaveCode(author=GRACE, code=SUMMER, revision=seen.revision))


CASES = [
    Case("prices", csv_of(("sku", "price"), (SKU, "19.99")), _price, _old_price),
    Case(
        "prices",
        csv_of(("sku", "price", "starts"), (SKU, "19.99", "2036-12-01")),
        _plan,
        _no_plan,
    ),
    Case("products", csv_of(("product_id", "title"), ("PRODUCT", "By file")), _title, _old_title),
    Case("codes", csv_of(("code", "percent"), ("SUMMER", "20")), _code, _old_code),
]
cases = pytest.mark.parametrize("case", CASES, ids=["price", "plan", "title", "code"])


class Then:
    """An effect after which something happens, the first time."""

    def __init__(self, effect: Effect[Any], happens: Callable[[], Awaitable[None]]) -> None:
        self._effect, self._happens = effect, happens
        self._happened = False

    async def compare(self, item: ImportItem) -> Comparison:
        """As it is."""
        return await self._effect.compare(item)

    async def take(self, item: ImportItem, digest: str, doing: Doing) -> Outcome:
        """Have it take effect, and then let it happen."""
        outcome = await self._effect.take(item, digest, doing)
        if not self._happened:
            self._happened = True
            await self._happens()
        return outcome


async def ready(shop: Shop, case: Case) -> ImportRun:
    """The import, compared and started, and nobody at it yet."""
    if case.kind == "codes":
        await shop.pricing.save_code(SaveCode(author=GRACE, code=SUMMER))
    if case.state is _title:
        await _save_title(shop, "Tire")
    await case.put_back(shop)
    product = (await shop.document()).product.id
    run = await shop.hand_in(case.kind, case.file.replace("PRODUCT", product))
    assert run.checked.changed == 1
    await shop.desk.run(case.kind, run.id, ADA, "spring")
    return run


def hasty(shop: Shop, case: Case, happens: Callable[[], Awaitable[None]]) -> ImportWorker:
    """A worker to whom this happens after his first item, and whose lease lapses at once."""
    effects = dict(shop.effects())
    effects[case.kind] = Then(effects[case.kind], happens)
    return ImportWorker(shop.impatient(), effects, pace=unhurried, lease_seconds=600)


async def left_alone(shop: Shop, case: Case, run: ImportRun, before: object) -> None:
    """It is as somebody put it, and the row is in the report."""
    assert await case.state(shop) == before
    done = await shop.desk.get(case.kind, run.id)
    assert (done.state, done.made.refused, done.made.all) == ("done", 1, 1)
    (refused,) = await shop.refused(done)
    assert "was changed by somebody else" in refused.message


@cases
async def test_whoever_goes_on_after_a_kill_leaves_it(shop: Shop, case: Case) -> None:
    run = await ready(shop, case)
    before = await case.state(shop)

    async def dies() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        await hasty(shop, case, dies).tick()
    assert await case.state(shop) != before
    await case.put_back(shop)
    await shop.work()
    await left_alone(shop, case, run, before)


@cases
async def test_whoever_heard_no_answer_leaves_it(shop: Shop, case: Case) -> None:
    run = await ready(shop, case)
    before = await case.state(shop)

    async def no_answer() -> None:
        await case.put_back(shop)
        raise DependencyUnavailable("catalog", "it is away")

    await hasty(shop, case, no_answer).tick()
    await left_alone(shop, case, run, before)


@cases
async def test_whoever_goes_on_where_nobody_changed_anything_finds_it_done(
    shop: Shop, case: Case
) -> None:
    run = await ready(shop, case)

    async def dies() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        await hasty(shop, case, dies).tick()
    after = await case.state(shop)
    await shop.work()
    assert await case.state(shop) == after
    done = await shop.desk.get(case.kind, run.id)
    assert (done.state, done.made.same, done.made.all) == ("done", 1, 1)


async def test_whoever_was_stopped_or_overtaken_writes_nothing_more(shop: Shop) -> None:
    rows = [(f"new-{n}", f"New {n}", f"N-{n}", n + 1) for n in range(5)]
    run = await shop.hand_in("products", csv_of(("product_id", "title", "sku", "price"), *rows))
    await shop.desk.run("products", run.id, ADA, "spring")

    async def stopped() -> None:
        await shop.desk.stop("products", run.id)

    case = Case("products", "", _title, _old_title)
    await hasty(shop, case, stopped).tick()
    await shop.document("new-0")
    events = [one["subject"] for one in await shop.changes_of("catalog")]
    assert [one for one in events if "/new-" in one] == ["catalog/product/new-0"]
    assert (await shop.run(run)).made.all == 5


async def test_rows_that_are_gone_are_no_success(shop: Shop) -> None:
    run = await shop.hand_in("prices", csv_of(("sku", "price"), (SKU, "19.99")))
    await shop.desk.run("prices", run.id, ADA, "spring")
    await shop.redis.delete(f"{{backoffice}}:import:{run.id}:items")
    await shop.work()
    done = await shop.desk.get("prices", run.id)
    assert (done.state, done.trouble) == ("failed", "Its rows are gone. Hand the file in again.")
