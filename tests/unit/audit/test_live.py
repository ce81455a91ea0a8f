"""A store that is in order audits clean: idle, in the middle of anything, and while it sells."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from commands.audit.command import audit
from deployments.catalog.contract import ChangePrice
from deployments.checkout.contract import Session
from deployments.foundation.audit.findings import Discrepancy
from deployments.foundation.audit.inspection import Suspects
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from deployments.payments.contract import RefundPayment
from tests.conftest import ClientOf
from tests.unit.audit.followers import following
from tests.unit.audit.shop import Shop, findings
from tests.unit.checkout.services import BIKE
from tests.unit.checkout.shopping import age_leases, completing, ready, recover
from tests.unit.checkout.test_saga import STEPS, UNDOS

BUYERS = 50


async def test_a_store_that_has_traded_is_clean(shop: Shop) -> None:
    reports = await audit(shop.books)
    assert await shop.audit() == set()
    checked = {report.check.name: dict(report.findings.checked) for report in reports}
    assert checked["stock"] == {"places": 3, "ledger entries": 9, "open reservations": 0}
    assert checked["sold"] == {"SKUs sold": 1, "orders": 2}
    assert checked["reservations"] == {"reservations": 3, "orders": 2}
    assert checked["payments"] == {"orders": 2, "payments": 3}
    assert checked["totals"] == {"orders": 2}
    assert checked["sagas"] == {"sagas": 3, "in flight": 0}
    assert checked["redemptions"] == {"codes": 2, "redemptions": 2, "checkouts": 4}
    assert checked["links"] == {"orders": 2, "sessions": 4, "carts checked out": 1}
    assert checked["prices"] == {"orders": 2}
    assert checked["provider"] == {"payments": 3, "charges": 3}
    assert checked["progress"] == {"orders": 2, "under way": 2}
    assert checked["shipments"] == {"shipments": 0, "orders": 2, "under way": 0}


async def test_a_store_that_has_delivered_is_clean(shop: Shop) -> None:
    await shop.deliver()
    reports = await audit(shop.books)
    assert findings(reports) == set()
    checked = {report.check.name: dict(report.findings.checked) for report in reports}
    assert checked["progress"] == {"orders": 2, "under way": 0}
    assert checked["shipments"] == {"shipments": 2, "orders": 2, "under way": 0}
    assert checked["departures"] == {"shipments": 2, "under way": 0}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_saga_in_flight_is_no_discrepancy(
    shop: Shop, where: str, step: str, moment: str
) -> None:
    session = await ready(shop.services.checkout, codes=("often",))
    reached, gate = getattr(shop.services, where).hold(step, moment)
    buyer = asyncio.create_task(shop.services.checkout.complete(completing(session)))
    await reached.wait()
    assert await shop.audit() == set()
    await shop.follow()
    assert await shop.audit() == set()
    gate.set()
    await buyer
    await finish_detached()
    await shop.follow()
    assert await shop.audit() == set()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "undo"), UNDOS)
async def test_a_saga_that_is_being_undone_is_no_discrepancy(
    shop: Shop, where: str, undo: str, moment: str
) -> None:
    session = await ready(shop.services.checkout, codes=("often",))
    reached, gate = getattr(shop.services, where).hold(undo, moment)
    request = completing(session, token="fail_token")
    buyer = asyncio.create_task(shop.services.checkout.complete(request))
    await reached.wait()
    assert await shop.audit() == set()
    gate.set()
    await buyer
    assert await shop.audit() == set()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_crashed_saga_is_reported_once_it_is_abandoned(
    shop: Shop, where: str, step: str, moment: str
) -> None:
    crashed = await shop.crash(where, step, moment, codes=("often",))
    assert await shop.audit() == set()
    await age_leases(shop.services, seconds=90)
    assert await shop.audit() == {("sagas", "abandoned", (crashed.log,))}
    await recover(shop.services)
    assert await shop.audit() == set()


async def test_a_saga_that_gets_nowhere_is_reported_though_it_is_driven(shop: Shop) -> None:
    stuck = await shop.crash("orders", "place", "before")
    shop.services.clock.forward(minutes=6)
    assert await shop.audit() == {
        ("sagas", "stuck", (stuck.log,)),
        ("reservations", "held_too_long", (stuck.reservation, stuck.log)),
    }


async def test_what_is_older_than_its_records_is_no_discrepancy(shop: Shop) -> None:
    """Orders, payments and counts of redemptions are kept for good, the rest for some time."""
    await shop.deliver()
    shop.services.clock.forward(days=31)
    for pattern in ("session", "saga", "cart"):
        async for key in shop.admin.scan_iter(f"{{checkout}}:{pattern}:*"):
            await shop.admin.delete(key)
    await shop.admin.delete("{carts}:changed")
    async for key in shop.admin.scan_iter("{inventory}:reservation:*"):
        await shop.admin.delete(key)
    assert await shop.audit() == set()


async def test_money_that_was_given_back_in_parts_is_in_order(shop: Shop) -> None:
    bought = await shop.buy()
    for name in ("first", "second"):
        key = f"{bought.saga}:{name}"
        await shop.services.payments.refund(
            RefundPayment(key=key, payment_id=bought.saga, amount=5)
        )
    assert await shop.audit() == set()


async def test_only_what_is_wrong_twice_is_reported(shop: Shop) -> None:
    """What a record breaks is looked at again, and no other rule is taken for it."""
    looks = iter(
        [
            {"gone": ["a rule"], "stays": ["a rule", "another"], "other": ["a rule"]},
            {"stays": ["a rule", "a third"], "other": ["another"]},
        ]
    )
    asked: list[list[str]] = []

    async def examine(ids: Sequence[str]) -> Suspects:
        asked.append([*ids])
        found = next(looks).items()
        return {id_: [Discrepancy(rule, (id_,), "") for rule in rules] for id_, rules in found}

    ids = ["gone", "stays", "other", "fine"]
    assert await shop.books.inspection.confirmed(ids, examine) == [
        Discrepancy("a rule", ("stays",), "")
    ]
    assert asked == [ids, ["gone", "stays", "other"]]


async def test_an_audit_of_a_store_that_sells_and_ships_reports_nothing(
    shop: Shop, redis_of: ClientOf
) -> None:
    sessions = [await ready(shop.services.checkout, **_wanted(n)) for n in range(BUYERS)]
    buying = asyncio.gather(*(_buy(shop, n, session) for n, session in enumerate(sessions)))
    pricing = asyncio.create_task(_reprice(shop, buying))
    audits = 0
    async with following(redis_of, shop.services.clock), asyncio.timeout(120):
        while not await _audited_to_the_end(shop, buying):
            audits += 1
    outcomes, prices = await buying, await pricing
    assert audits
    assert prices > 1
    await finish_detached()
    assert await shop.audit() == set()
    assert {"completed", "ready_for_complete", "incomplete"} <= {*outcomes}


async def _audited_to_the_end(shop: Shop, buying: asyncio.Future[list[str]]) -> bool:
    """Audits once; whether everything was sold and shipped before that."""
    over = buying.done()
    reports = await audit(shop.books)
    assert findings(reports) == set()
    checked = {report.check.name: report.findings.checked for report in reports}
    late = sum(each.get("under way", 0) for each in checked.values())
    shipments, orders = checked["shipments"]["shipments"], checked["shipments"]["orders"]
    return over and not late and shipments >= orders


async def _reprice(shop: Shop, buying: asyncio.Future[list[str]]) -> int:
    """Another price for a bike, again and again; how many."""
    price = 0
    while not buying.done():
        price += 1
        await shop.catalog.change_price(ChangePrice(sku=BIKE.sku, price=price))
    return price


def _wanted(n: int) -> dict[str, object]:
    """Most buy a shirt, some with a code; more want a bike than there are."""
    if n % 10 == 0:
        return {"sku": BIKE.sku, "quantity": 1}
    return {"quantity": 1 + n % 3, "codes": ("often",) if n % 2 else ()}


async def _buy(shop: Shop, n: int, session: Session) -> str:
    """Every seventh card is declined; every eleventh buyer meets a dependency that is down."""
    token = "fail_token" if n % 7 == 3 else "success_token"
    checkout = shop.services.replica()
    if n % 11 == 5:
        shop.services.payments.after["authorise"] = lambda: DependencyUnavailable(
            "payments", "late"
        )
    try:
        return (await checkout.complete(completing(session, token=token))).status
    except DependencyUnavailable:
        return "unavailable"
    finally:
        shop.services.payments.after.clear()
