"""A buyer at checkout, and what the books must say afterwards."""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis.asyncio import Redis

from deployments.carts.contract.contents import WantedLine
from deployments.checkout.contract import (
    CompleteSession,
    CreateSession,
    DeliveryAddress,
    GetSession,
    RecoverSagas,
    Session,
    SessionContents,
    WantedDelivery,
)
from deployments.checkout.service import CheckoutService
from deployments.checkout.store import ACTIVE
from deployments.foundation.http.idempotency import RequestKey, request_key
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from deployments.inventory.records import InventoryRecords
from deployments.orders.contract import GetOrder
from deployments.orders.contract.order import Order
from deployments.payments.contract import Instrument
from tests.unit.checkout.services import PLATFORM, SHIRT, STOCK, Services

HOME = DeliveryAddress(
    id="home",
    street_address="1 Main St",
    address_locality="Davis",
    address_region="CA",
    address_country="US",
    postal_code="95616",
)


def contents(
    *, quantity: int = 1, sku: str = SHIRT.sku, codes: tuple[str, ...] = ()
) -> SessionContents:
    """What a buyer who knows everything would send."""
    return SessionContents(
        lines=(WantedLine(item_id=sku, quantity=quantity),),
        codes=codes,
        buyer={"email": "ada@example.com"},
        delivery=WantedDelivery(destinations=(HOME,), option_id="ground"),
    )


def card(token: str = "success_token") -> Instrument:
    """The sandbox's card."""
    return Instrument.model_validate(
        {
            "handler_id": "org.fieldhouse.sandbox",
            "type": "card",
            "credential_type": "token",
            "token": token,
        }
    )


def key(name: str, body: bytes = b"{}") -> RequestKey:
    """An idempotency key of the platform's."""
    return request_key(PLATFORM, name, "complete_checkout", "/", body)


async def ready(checkout: CheckoutService, **wanted: Any) -> Session:  # noqa: ANN401
    """A session that can be completed."""
    created = await checkout.create(CreateSession(platform=PLATFORM, contents=contents(**wanted)))
    assert created.session.status == "ready_for_complete", created.session.notices
    return created.session


def completing(
    session: Session, *, token: str = "success_token", name: str = ""
) -> CompleteSession:
    """The request that completes a session, under an idempotency key if it has a name."""
    return CompleteSession(
        session_id=session.id,
        platform=PLATFORM,
        instrument=card(token),
        request=key(name) if name else RequestKey(),
    )


async def seen(checkout: CheckoutService, session: Session) -> Session:
    """The session as a client sees it."""
    return await checkout.get(GetSession(session_id=session.id, platform=PLATFORM))


async def order_of(services: Services, session: Session) -> Order:
    """The order that a completed session became."""
    assert session.order is not None
    order: Order = await services.orders.get(
        GetOrder(order_id=session.order.order_id, platform=PLATFORM)
    )
    return order


async def age_leases(services: Services, seconds: float = 60) -> None:
    """Have so much of every saga's lease be over: it goes by Redis' clock, which no test moves."""
    redis = services.redis_of("checkout")
    for saga in await redis.zrange(ACTIVE, 0, -1):
        await redis.zadd(ACTIVE, {str(saga): -1000 * seconds}, xx=True, incr=True)


async def recover(services: Services) -> None:
    """What the recovery does when the driver's lease is over."""
    await finish_detached()
    await age_leases(services)
    await services.replica().recover(RecoverSagas())
    await finish_detached()


async def try_to_complete(checkout: CheckoutService, request: CompleteSession) -> Session | None:
    """The session, or none if the client was told to try again."""
    try:
        return await checkout.complete(request)
    except DependencyUnavailable:
        return None


async def assert_books_are_straight(
    services: Services, admin: Redis, sessions: list[Session]
) -> list[Session]:
    """All or nothing, for every session: units, money, orders and redemptions agree.

    Gives the sessions that are completed.
    """
    now = [await seen(services.checkout, session) for session in sessions]
    completed = [session for session in now if session.status == "completed"]
    assert all(session.status != "complete_in_progress" for session in now)
    await _units(services, completed)
    await _money(admin, completed)
    for session in completed:
        order = await order_of(services, session)
        assert order.totals == session.priced.totals
    claimed = sum(any(found.code for found in each.priced.discounts) for each in completed)
    redeemed = await admin.hgetall("{pricing}:redemptions")
    assert sum(map(int, redeemed.values())) == claimed
    assert await admin.zcard("{checkout}:sagas:active") == 0
    return completed


async def _units(services: Services, completed: list[Session]) -> None:
    inventory = InventoryRecords(services.redis_of("inventory"))
    assert await inventory.check() == ()
    units: Counter[tuple[str, str]] = Counter()
    for (sku, _, state), quantity in (await inventory.stock()).items():
        units[sku, state.value] += quantity
    sold: Counter[str] = Counter()
    for session in completed:
        for line in session.lines:
            sold[line.sku] += line.quantity
    for sku, stocked in STOCK.items():
        assert units[sku, "reserved"] == 0
        assert units[sku, "committed"] == sold[sku]
        assert units[sku, "available"] == stocked - sold[sku]


async def _money(admin: Redis, completed: list[Session]) -> None:
    captured: list[int] = []
    async for name in admin.scan_iter("{payments}:payment:*"):
        payment = await admin.hgetall(name)
        assert payment["status"] in {"captured", "voided", "declined"}, payment
        if payment["status"] == "captured":
            captured.append(int(payment["captured"]))
    assert sorted(captured) == sorted(session.priced.totals.total for session in completed)
