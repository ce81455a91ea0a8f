"""The store's books against what its clients saw, when nothing is under way any more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from commands.audit.books import Books
from commands.audit.command import audit
from commands.subscribers import Subscriber
from deployments.foundation.redis.connection import names
from deployments.inventory.domain.stock import SOLD, State
from deployments.orders.contract import PlaceOrder
from deployments.payments.domain.payments import Payment
from deployments.topology import SUBSCRIPTIONS
from tests.conditions import until
from tests.faults.careful import Seen
from tests.faults.tried_store import TriedStore
from tests.integration.shopper import Json, total

_SUBJECT = re.compile(rb"^Subject: Your order (FH-\d+)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Holdings:
    """What the store has at some moment: ids of carts, sessions and orders, and units by SKU."""

    carts: frozenset[str]
    sessions: frozenset[str]
    orders: frozenset[str]
    payments: frozenset[str]
    sold: Counter[str]
    reserved: Counter[str]


@dataclass(frozen=True)
class Ledgers:
    """The books of a running store, read as its services' own users."""

    store: TriedStore
    books: Books
    carts: Redis
    checkout: Redis
    subscribers: Sequence[Subscriber]

    async def settled(self) -> float:
        """Wait until every saga has ended; how many seconds that took."""

        async def quiet() -> bool:
            return not await self.checkout.zcard("{checkout}:sagas:active")

        return await until(quiet, "every saga has ended", tell=self.store.tell)

    async def consumed(self) -> float:
        """Wait until every event has been consumed by all who listen; how many seconds that
        took."""
        unheard: list[str] = []

        async def quiet() -> bool:
            unheard[:] = [
                f"{each.service} consumes {lag.waiting} events of {lag.publisher} too late"
                for each in self.subscribers
                for lag in await each.meter.measure()
                if lag.waiting
            ]
            return not unheard

        def tell() -> str:
            return "\n".join([*unheard, self.store.tell()])

        waited = await until(quiet, "every event is consumed", tell=tell)
        given_up = {each.service: await each.letters.count() for each in self.subscribers}
        assert not any(given_up.values()), f"events were given up: {given_up}"
        return waited

    async def holdings(self) -> Holdings:
        """What there is now."""
        sold, reserved = Counter[str](), Counter[str]()
        for (sku, _, state), quantity in (await self.books.inventory.stock()).items():
            sold[sku] += quantity if state in SOLD else 0
            reserved[sku] += quantity if state == State.RESERVED else 0
        return Holdings(
            carts=await _all(names(self.carts, "{carts}:cart:")),
            sessions=await _all(self.books.checkout.session_ids()),
            orders=await _all(self.books.orders.ids()),
            payments=await _all(self.books.payments.ids()),
            sold=+sold,
            reserved=+reserved,
        )

    async def discrepancies(self) -> list[str]:
        """What the operator's audit finds."""
        reports = await audit(self.books)
        found = [one for report in reports for one in report.findings.discrepancies]
        return [f"{one.rule} {' '.join(one.keys)}: {one.what}" for one in found]

    async def orders(self, ids: frozenset[str]) -> dict[str, PlaceOrder]:
        """These orders, none of which may have been withdrawn."""
        records = await self.books.orders.records(sorted(ids)) if ids else {}
        standing = {id_: record.order for id_, record in records.items() if record.order}
        assert standing.keys() == ids
        return standing

    async def payments(self, ids: frozenset[str]) -> dict[str, Payment]:
        """These payments, none of which was captured twice."""
        records = await self.books.payments.records(sorted(ids)) if ids else {}
        twice = [id_ for id_, record in records.items() if record.captures > 1]
        assert not twice, f"captured more than once: {twice}"
        return {id_: record.payment for id_, record in records.items() if record.payment}


@asynccontextmanager
async def ledgers_of(store: TriedStore) -> AsyncIterator[Ledgers]:
    """Read a store's books meanwhile."""
    async with AsyncExitStack() as stack:
        clients: dict[str, Redis] = {}

        def client(service: str) -> Redis:
            if service not in clients:
                clients[service] = store.redis(service)
                stack.push_async_callback(clients[service].aclose)
            return clients[service]

        listening = [
            Subscriber(service, client(service), dict.fromkeys(publishers, client(service)))
            for service, publishers in SUBSCRIPTIONS.items()
        ]
        yield Ledgers(store, Books.of(client), client("carts"), client("checkout"), listening)


async def agree(ledgers: Ledgers, before: Holdings, seen: Seen) -> None:
    """What came into the store since `before` is what clients saw, no less and no more."""
    now = await ledgers.holdings()
    assert now.carts - before.carts == seen.carts
    assert now.sessions - before.sessions == seen.sessions
    assert now.orders - before.orders == seen.orders.keys()
    orders = await ledgers.orders(now.orders - before.orders)
    payments = await ledgers.payments(now.payments - before.payments)
    _each_is_what_was_acknowledged(orders, seen.orders)
    _each_is_paid_for(orders, payments)
    assert now.sold - before.sold == _units(orders)
    assert now.reserved == Counter()
    _each_is_mailed_once(ledgers.store, seen.orders.values())


async def _all(batches: AsyncIterator[list[str]]) -> frozenset[str]:
    return frozenset([id_ async for batch in batches for id_ in batch])


def _each_is_what_was_acknowledged(
    orders: dict[str, PlaceOrder], acknowledged: dict[str, Json]
) -> None:
    for id_, session in acknowledged.items():
        assert orders[id_].checkout_id == session["id"]
        assert orders[id_].totals.total == total(session, "total")


def _each_is_mailed_once(store: TriedStore, sessions: Iterable[Json]) -> None:
    """Every buyer has been told of the order, once."""
    found = (_SUBJECT.search(mail) for mail in store.mails())
    subjects = Counter(subject[1] for subject in found if subject)
    told = {label: subjects[label] for label in (_label(session) for session in sessions)}
    assert set(told.values()) <= {1}, told


def _label(session: Json) -> bytes:
    return str(session["order"]["label"]).encode()


def _units(orders: dict[str, PlaceOrder]) -> Counter[str]:
    units = Counter[str]()
    for order in orders.values():
        for item in order.items:
            units[item.sku] += item.quantity
    return units


def _each_is_paid_for(orders: dict[str, PlaceOrder], payments: dict[str, Payment]) -> None:
    """Every order's payment was captured for its total, and no other payment has any money."""
    captured = {id_: paid.captured for id_, paid in payments.items() if paid.status == "captured"}
    assert captured == {order.payment_id: order.totals.total for order in orders.values()}
    others = Counter(paid.status for id_, paid in payments.items() if id_ not in captured)
    assert others.keys() <= {"declined", "voided"}, others
