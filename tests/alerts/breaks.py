"""What is broken so that a rule fires: as little as makes that one fire, and no other."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from deployments.checkout.records import CheckoutRecords
from deployments.datastore.users import set_user
from deployments.foundation.events.publishing import streams_of
from deployments.foundation.redis.connection import client
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply
from deployments.foundation.rpc.rejection import to_wire
from deployments.foundation.values.clock import utc_now
from deployments.inventory.domain.stock import WantedUnits
from deployments.inventory.store import InventoryStore
from deployments.payments.contract import PaymentNotPossible
from tests.alerts.nodes import Fault, none
from tests.alerts.watched_store import SKU, WatchedStore
from tests.command_line import typed
from tests.conftest import SECRET
from tests.integration.shopper import line_items
from tests.valkey import full

_PAUSE_SECONDS = 0.2
_SLOW_SECONDS = 3.0


@asynccontextmanager
async def payments_stopped(store: WatchedStore) -> AsyncIterator[None]:
    """The only replica of payments is gone; nobody buys meanwhile."""
    await store.apart.stop()
    try:
        yield
    finally:
        await store.apart.start()


@asynccontextmanager
async def node_silent(store: WatchedStore) -> AsyncIterator[None]:
    """A node answers Prometheus no more; what runs on it runs elsewhere too."""
    await store.spare.hide()
    try:
        yield
    finally:
        await store.spare.expose()
        store.show_targets()


@asynccontextmanager
async def carts_denied(store: WatchedStore) -> AsyncIterator[None]:
    """Redis lets carts in and does nothing for it, while a client fills carts."""

    async def fill() -> None:
        await store.http.post("/carts", json={"line_items": line_items([(SKU, 1)])})

    async with _denied(store, "carts"), _again_and_again(fill):
        yield


@asynccontextmanager
async def payments_slow(store: WatchedStore) -> AsyncIterator[None]:
    """Payments takes its time, while somebody buys."""

    async def slow(_method: str) -> Reply | None:
        await asyncio.sleep(_SLOW_SECONDS)
        return None

    async def buy() -> None:
        await store.buy()

    async with _answering(store, slow), _again_and_again(buy):
        yield


@asynccontextmanager
async def payments_unreachable(store: WatchedStore) -> AsyncIterator[None]:
    """Payments is gone as soon as it has held the amount of an order, which asks for it on."""

    async def absent(method: str) -> Reply | None:
        if method == "capture":
            raise DependencyUnavailable("payments", "nobody hosts it", "absent")
        return None

    async with _answering(store, absent):
        await store.buy()
        yield


@asynccontextmanager
async def redis_full(store: WatchedStore) -> AsyncIterator[None]:
    """Redis refuses writes."""
    async with full(store.admin):
        yield


@asynccontextmanager
async def subscriber_denied(store: WatchedStore) -> AsyncIterator[None]:
    """Redis does nothing for notifications, which has an order to tell of."""
    async with _denied(store, "notifications"):
        await store.buy()
        yield


@asynccontextmanager
async def no_event(store: WatchedStore) -> AsyncIterator[None]:
    """A stream of orders has an entry that nobody can read."""
    stream, *_ = streams_of("orders")
    await store.admin.xadd(stream, {"event": "this is none"})
    yield
    dropped = await typed("dead-letters", "drop", "--all")
    assert dropped.status == 0, dropped.out


@asynccontextmanager
async def endpoint_gone(store: WatchedStore) -> AsyncIterator[None]:
    """A platform's endpoint answers that it is no more."""
    async with _endpoint(store, 410):
        yield
        await _register(store)
        store.hook.answer = lambda _: Response(status_code=200)
        replayed = await typed("dead-letters", "replay", "--all", "--service", "webhooks")
        assert replayed.status == 0, replayed.out


@asynccontextmanager
async def endpoint_failing(store: WatchedStore) -> AsyncIterator[None]:
    """A platform's endpoint takes nothing."""
    async with _endpoint(store, 500):
        yield


@asynccontextmanager
async def capture_rejected(store: WatchedStore) -> AsyncIterator[None]:
    """What was held for an order cannot be taken, says payments."""

    async def rejected(method: str) -> Reply | None:
        no = PaymentNotPossible("There is nothing to take.")
        return to_wire(no) if method == "capture" else None

    async with _answering(store, rejected):
        await store.buy()
        yield
    async with client("checkout") as redis:
        (parked,) = await CheckoutRecords(redis).parked()
    retried = await typed("sagas", "retry", parked.id)
    assert retried.status == 0, retried.out


@asynccontextmanager
async def capture_not_taken(store: WatchedStore) -> AsyncIterator[None]:
    """Payments has too much to do to take what was held for an order."""

    async def busy(method: str) -> Reply | None:
        if method == "capture":
            raise DependencyUnavailable("payments", "its queue is full", "busy")
        return None

    async with _answering(store, busy):
        await store.buy()
        yield


@asynccontextmanager
async def hold_kept(store: WatchedStore) -> AsyncIterator[None]:
    """A hold lapses while Redis does nothing for inventory."""
    now, id_ = utc_now(), f"kept_{uuid.uuid4().hex}"
    until = now + timedelta(seconds=_SLOW_SECONDS)
    async with client("inventory") as redis:
        held = await InventoryStore(redis).reserve(
            *(id_, f"{id_}:reserve", {SKU: WantedUnits(1, 0)}), now=now, until=until
        )
    assert held.reservation is not None
    async with _denied(store, "inventory"):
        yield


@asynccontextmanager
async def mail_refused(store: WatchedStore) -> AsyncIterator[None]:
    """The mail server is too busy for each mail."""
    store.smtp.rejections["mail"] = "451 Try again later"
    try:
        for _ in range(3):
            await store.buy()
        yield
    finally:
        store.smtp.rejections.clear()


@asynccontextmanager
async def cards_declined(store: WatchedStore) -> AsyncIterator[None]:
    """Somebody tries one bad card after another."""

    async def decline() -> None:
        await store.buy("fail_token")

    async with _again_and_again(decline):
        yield


@dataclass(frozen=True)
class Break:
    """A rule, what makes it fire, and what an operator types then with words of the answer."""

    rule: str
    strike: Callable[[WatchedStore], AbstractAsyncContextManager[None]]
    typed: Sequence[str] = ()
    shown: str = ""


BREAKS = (
    Break("NotScraped", node_silent),
    Break("ServiceGone", payments_stopped),
    Break("RequestsFail", carts_denied),
    Break("RequestsSlow", payments_slow),
    Break("CircuitOpen", payments_unreachable),
    Break("RedisUnavailable", redis_full),
    Break("EventsLate", subscriber_denied, ("lag",), r"notifications \| orders +\| +[1-9]"),
    Break("DeadLetters", no_event, ("dead-letters",), "notifications"),
    Break("WebhooksGivenUp", endpoint_gone, ("dead-letters",), "webhooks"),
    Break("WebhooksFailing", endpoint_failing, ("webhooks",), "failing"),
    Break("SagasParked", capture_rejected, ("sagas",), "parked"),
    Break("SagaOld", capture_not_taken, ("sagas",), "settling"),
    Break("ReservationsOverdue", hold_kept),
    Break("MailFails", mail_refused, ("lag",), r"notifications \| orders +\| +[1-9]"),
    Break("PaymentsDeclined", cards_declined),
)


@asynccontextmanager
async def _denied(store: WatchedStore, service: str) -> AsyncIterator[None]:
    """Redis lets the service in, and runs no script for it."""
    await store.admin.execute_command("ACL", "SETUSER", service, "-@scripting")
    try:
        yield
    finally:
        await store.admin.execute_command(*set_user(service, SECRET))


@asynccontextmanager
async def _answering(store: WatchedStore, fault: Fault) -> AsyncIterator[None]:
    """Calls of payments become what `fault` says."""
    store.line.fault = fault
    try:
        yield
    finally:
        store.line.fault = none


@asynccontextmanager
async def _again_and_again(do: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Somebody does this meanwhile."""
    closing = asyncio.Event()

    async def going_on() -> None:
        while not closing.is_set():
            await do()
            await asyncio.sleep(_PAUSE_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(going_on())
        try:
            yield
        finally:
            closing.set()


@asynccontextmanager
async def _endpoint(store: WatchedStore, status: int) -> AsyncIterator[None]:
    """A platform has an endpoint that answers this, and an order to be told of."""
    store.hook.answer = lambda _: Response(status_code=status)
    id_ = await _register(store)
    await store.buy()
    try:
        yield
    finally:
        await store.http.delete(f"/webhooks/{id_}")


async def _register(store: WatchedStore) -> str:
    made = await store.http.post("/webhooks", json={"url": store.hook.url})
    assert made.is_success, made.text
    id_: str = made.json()["id"]
    return id_
