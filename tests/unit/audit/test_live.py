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
from tests.unit.audit.audited_store import AuditedStore, findings
from tests.unit.audit.followers import following
from tests.unit.checkout.services import BIKE
from tests.unit.checkout.shopping import age_leases, completing, ready, recover
from tests.unit.checkout.test_saga import STEPS, UNDOS

BUYERS = 50


async def test_a_store_that_has_traded_is_clean(audited: AuditedStore) -> None:
    reports = await audit(audited.books)
    assert await audited.audit() == set()
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


async def test_a_store_that_has_delivered_is_clean(audited: AuditedStore) -> None:
    await audited.deliver()
    reports = await audit(audited.books)
    assert findings(reports) == set()
    checked = {report.check.name: dict(report.findings.checked) for report in reports}
    assert checked["progress"] == {"orders": 2, "under way": 0}
    assert checked["shipments"] == {"shipments": 2, "orders": 2, "under way": 0}
    assert checked["departures"] == {"shipments": 2, "under way": 0}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_saga_in_flight_is_no_discrepancy(
    audited: AuditedStore, where: str, step: str, moment: str
) -> None:
    session = await ready(audited.services.checkout, codes=("often",))
    reached, gate = getattr(audited.services, where).hold(step, moment)
    buyer = asyncio.create_task(audited.services.checkout.complete(completing(session)))
    await reached.wait()
    assert await audited.audit() == set()
    await audited.follow()
    assert await audited.audit() == set()
    gate.set()
    await buyer
    await finish_detached()
    await audited.follow()
    assert await audited.audit() == set()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "undo"), UNDOS)
async def test_a_saga_that_is_being_undone_is_no_discrepancy(
    audited: AuditedStore, where: str, undo: str, moment: str
) -> None:
    session = await ready(audited.services.checkout, codes=("often",))
    reached, gate = getattr(audited.services, where).hold(undo, moment)
    request = completing(session, token="fail_token")
    buyer = asyncio.create_task(audited.services.checkout.complete(request))
    await reached.wait()
    assert await audited.audit() == set()
    gate.set()
    await buyer
    assert await audited.audit() == set()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_crashed_saga_is_reported_once_it_is_abandoned(
    audited: AuditedStore, where: str, step: str, moment: str
) -> None:
    crashed = await audited.crash(where, step, moment, codes=("often",))
    assert await audited.audit() == set()
    await age_leases(audited.services, seconds=90)
    assert await audited.audit() == {("sagas", "abandoned", (crashed.log,))}
    await recover(audited.services)
    assert await audited.audit() == set()


async def test_a_saga_that_gets_nowhere_is_reported_though_it_is_driven(
    audited: AuditedStore,
) -> None:
    stuck = await audited.crash("orders", "place", "before")
    audited.services.clock.forward(minutes=6)
    assert await audited.audit() == {
        ("sagas", "stuck", (stuck.log,)),
        ("reservations", "held_too_long", (stuck.reservation, stuck.log)),
    }


async def test_what_is_older_than_its_records_is_no_discrepancy(audited: AuditedStore) -> None:
    """Orders, payments and counts of redemptions are kept for good, the rest for some time."""
    await audited.deliver()
    audited.services.clock.forward(days=31)
    for pattern in ("session", "saga", "cart"):
        async for key in audited.admin.scan_iter(f"{{checkout}}:{pattern}:*"):
            await audited.admin.delete(key)
    await audited.admin.delete("{carts}:changed")
    async for key in audited.admin.scan_iter("{inventory}:reservation:*"):
        await audited.admin.delete(key)
    assert await audited.audit() == set()


async def test_money_that_was_given_back_in_parts_is_in_order(audited: AuditedStore) -> None:
    bought = await audited.buy()
    for name in ("first", "second"):
        key = f"{bought.saga}:{name}"
        await audited.services.payments.refund(
            RefundPayment(key=key, payment_id=bought.saga, amount=5)
        )
    assert await audited.audit() == set()


async def test_only_what_is_wrong_twice_is_reported(audited: AuditedStore) -> None:
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
    assert await audited.books.inspection.confirmed(ids, examine) == [
        Discrepancy("a rule", ("stays",), "")
    ]
    assert asked == [ids, ["gone", "stays", "other"]]


async def test_an_audit_of_a_store_that_sells_and_ships_reports_nothing(
    audited: AuditedStore, redis_of: ClientOf
) -> None:
    sessions = [await ready(audited.services.checkout, **_wanted(n)) for n in range(BUYERS)]
    buying = asyncio.gather(*(_buy(audited, n, session) for n, session in enumerate(sessions)))
    pricing = asyncio.create_task(_reprice(audited, buying))
    audits = 0
    async with following(redis_of, audited.services.clock), asyncio.timeout(120):
        while not await _audited_to_the_end(audited, buying):
            audits += 1
    outcomes, prices = await buying, await pricing
    assert audits
    assert prices > 1
    await finish_detached()
    assert await audited.audit() == set()
    assert {"completed", "ready_for_complete", "incomplete"} <= {*outcomes}


async def _audited_to_the_end(audited: AuditedStore, buying: asyncio.Future[list[str]]) -> bool:
    """Audits once; whether everything was sold and shipped before that."""
    over = buying.done()
    reports = await audit(audited.books)
    assert findings(reports) == set()
    checked = {report.check.name: report.findings.checked for report in reports}
    late = sum(each.get("under way", 0) for each in checked.values())
    shipments, orders = checked["shipments"]["shipments"], checked["shipments"]["orders"]
    return over and not late and shipments >= orders


async def _reprice(audited: AuditedStore, buying: asyncio.Future[list[str]]) -> int:
    """Another price for a bike, again and again; how many."""
    price = 0
    while not buying.done():
        price += 1
        await audited.catalog.change_price(ChangePrice(sku=BIKE.sku, price=price))
    return price


def _wanted(n: int) -> dict[str, object]:
    """Most buy a shirt, some with a code; more want a bike than there are."""
    if n % 10 == 0:
        return {"sku": BIKE.sku, "quantity": 1}
    return {"quantity": 1 + n % 3, "codes": ("often",) if n % 2 else ()}


async def _buy(audited: AuditedStore, n: int, session: Session) -> str:
    """Every seventh card is declined; every eleventh buyer meets a dependency that is down."""
    token = "fail_token" if n % 7 == 3 else "success_token"
    checkout = audited.services.replica()
    if n % 11 == 5:
        audited.services.payments.after["authorise"] = lambda: DependencyUnavailable(
            "payments", "late"
        )
    try:
        return (await checkout.complete(completing(session, token=token))).status
    except DependencyUnavailable:
        return "unavailable"
    finally:
        audited.services.payments.after.clear()
