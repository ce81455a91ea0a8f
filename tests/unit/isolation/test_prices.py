"""What is paid is what was shown, and what was shown is a price that the catalogue had: whichever
of its replicas is asked, and however far it lags."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.catalog.contract import ChangePrice, ResolvedItems, ResolveItems
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.checkout.contract import ReplaceSession, Session
from deployments.foundation.rpc.detach import finish_detached
from deployments.inventory.contract import ReceiveStock, StockRow
from tests.composing import service_of
from tests.conftest import ClientOf
from tests.unit.catalog.catalog_replica import eventually
from tests.unit.checkout.services import PLATFORM, SHIRT
from tests.unit.checkout.shopping import completing, contents, order_of, ready
from tests.unit.isolation.bank import assert_the_bank_agrees
from tests.unit.isolation.store import Store


class TwoReplicas:
    """A catalogue of two replicas, of which a test says which is asked, and that one lags."""

    def __init__(self, store: Store) -> None:
        self._lagging = LiveSnapshot(CatalogStore(store.redis_of("catalog")))
        self._replicas = {
            "fresh": store.catalogue,
            "lagging": service_of(store.catalog_of(self._lagging), CatalogService),
        }
        self.asked = "fresh"

    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        return await self._replicas[self.asked].resolve(request)

    async def read_all(self) -> None:
        """The lagging replica reads everything, and subscribes to nothing from then on."""
        await self._lagging.start()
        await self._lagging.stop()


class PricedStore(Store):
    """A store whose prices change."""

    replicas: TwoReplicas

    def shelf(self) -> object:
        super().shelf()
        self.replicas = TwoReplicas(self)
        return self.replicas

    async def change(self, price: int) -> None:
        """A new price, which the fresh replica has read."""
        await self.catalogue.change_price(ChangePrice(sku=SHIRT.sku, price=price))
        await eventually(lambda: self.shown() == price, seconds=30)

    def shown(self) -> int | None:
        """The price that the fresh replica shows."""
        item = self.replica_of_catalog.assortment.item(SHIRT.sku)
        return None if item is None else item.price

    async def order(self, session: Session) -> tuple[int, int]:
        """Complete it; the unit price and the total of the order."""
        done = await self.checkout.complete(completing(session))
        await finish_detached()
        order = await order_of(self, done)
        return order.items[0].unit_price, order.totals.total


@pytest.fixture
async def store(redis_of: ClientOf, platforms: None) -> AsyncIterator[PricedStore]:
    store = PricedStore(redis_of)
    await store.open()
    await eventually(lambda: store.shown() == SHIRT.price, seconds=30)
    await store.replicas.read_all()
    rows = (StockRow(sku=SHIRT.sku, location_id=1, location_name="Main", quantity=10_000),)
    await store.inventory.receive(ReceiveStock(batch="plenty", rows=rows))
    yield store
    await store.replica_of_catalog.stop()


@pytest.mark.parametrize("price", [SHIRT.price + 500, SHIRT.price - 500])
async def test_a_lagging_replica_does_not_undercut_what_was_agreed(
    store: PricedStore, admin: Redis, price: int
) -> None:
    await store.change(price)
    session = await ready(store.checkout)
    assert session.lines[0].unit_price == price
    store.replicas.asked = "lagging"
    assert await store.order(session) == (price, session.priced.totals.total)
    await assert_the_bank_agrees(admin, [session])


@pytest.mark.parametrize("price", [SHIRT.price + 500, SHIRT.price - 500])
async def test_a_price_that_a_lagging_replica_showed_is_kept(
    store: PricedStore, admin: Redis, price: int
) -> None:
    await store.change(price)
    store.replicas.asked = "lagging"
    session = await ready(store.checkout)
    assert session.lines[0].unit_price == SHIRT.price
    store.replicas.asked = "fresh"
    assert await store.order(session) == (SHIRT.price, session.priced.totals.total)
    await assert_the_bank_agrees(admin, [session])


@pytest.mark.parametrize("asked", ["fresh", "lagging"])
async def test_a_price_that_changes_while_the_buyer_thinks_is_the_one_shown(
    store: PricedStore, admin: Redis, asked: str
) -> None:
    session = await ready(store.checkout)
    await store.change(SHIRT.price * 2)
    store.replicas.asked = asked
    assert await store.order(session) == (SHIRT.price, session.priced.totals.total)
    await assert_the_bank_agrees(admin, [session])


Deed = tuple[str, int]
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(1, 9999)),
        st.tuples(st.sampled_from(["fresh", "lagging", "read all"]), st.just(0)),
        st.tuples(st.sampled_from(["replace", "complete"]), st.integers(1, 3)),
    ),
    max_size=12,
)


@given(DEEDS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_happens_the_order_is_what_was_shown(
    store: PricedStore, deeds: list[Deed]
) -> None:
    history = {SHIRT.price}
    await store.change(SHIRT.price)
    await store.replicas.read_all()
    session = await ready(store.checkout)
    for deed, number in [*deeds, ("complete", 1)]:
        match deed:
            case "change":
                history.add(number)
                await store.change(number)
            case "read all":
                await store.replicas.read_all()
            case "replace":
                wanted = contents(quantity=number)
                request = ReplaceSession(session_id=session.id, platform=PLATFORM, contents=wanted)
                session = await store.checkout.replace(request)
            case "complete":
                shown = session.lines[0].unit_price
                assert shown in history
                assert await store.order(session) == (shown, session.priced.totals.total)
                session = await ready(store.checkout, quantity=number)
            case replica:
                store.replicas.asked = replica
