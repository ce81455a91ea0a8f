"""Carts among real dependencies on one Valkey, any of which a test can make silent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import httpx

from deployments.carts import deployment as carts
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.carts.service import CartsService
from deployments.catalog.contract import (
    ChangePrice,
    Imported,
    ImportProducts,
    ResolvedItems,
    ResolveItems,
    Variant,
)
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.idempotency import RequestKey, request_key
from deployments.foundation.placement.composition import Compose, Composition
from deployments.foundation.placement.host import nowhere
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.inventory import deployment as inventory
from deployments.inventory.contract import ReceiveStock, StockRow
from deployments.pricing import deployment as pricing
from deployments.pricing.contract import DiscountCode, ImportRules, Offer
from tests.clock import ManualClock
from tests.composing import service_of
from tests.conftest import ClientOf

Api = TypeVar("Api")
PLATFORM, OTHER = "acme", "umbrella"
KEYS: Mapping[str, str] = {"acme-key": PLATFORM, "umbrella-key": OTHER}
OFFER_ENDS = datetime(2026, 6, 30, tzinfo=UTC)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
STARTS, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


def variant(sku: str, title: str, price: int) -> Variant:
    return Variant(
        id=f"variant-{sku}",
        sku=sku,
        product_id=f"product-{sku}",
        title=title,
        description=f"{title}, as good as it gets.",
        price=price,
        weight_grams=500,
    )


SHIRT, HELMET, BIKE = (
    variant("SHIRT", "Shirt", 2000),
    variant("HELMET", "Helmet", 3499),
    variant("BIKE", "Bike", 100_000),
)
STOCK = {SHIRT.sku: 50, HELMET.sku: 50, BIKE.sku: 2}


class Catalog:
    """A catalogue that knows its items by SKU and by variant id, and counts how often it is asked.

    A test takes items out of `items`.
    """

    def __init__(self) -> None:
        self.items = {item.sku: item for item in (SHIRT, HELMET, BIKE)}
        self.down, self.asked = False, 0

    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        self.asked += 1
        if self.down:
            raise DependencyUnavailable("catalog", "it is down")
        names = {name: item for item in self.items.values() for name in (item.id, item.sku)}
        return ResolvedItems(items={i: names[i] for i in request.ids if i in names})

    async def import_products(self, request: ImportProducts) -> Imported:
        raise AssertionError(f"carts import no products: {request}")

    async def change_price(self, request: ChangePrice) -> Variant:
        raise AssertionError(f"carts change no prices: {request}")


class Dependency:
    """A service that can be down, or wait until others are asked too; `came` says it was asked."""

    def __init__(self, name: str, service: object) -> None:
        self._name, self._service = name, service
        self.down, self.came = False, asyncio.Event()
        self.meeting: asyncio.Barrier | None = None

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401 - it stands for any method.
        async def call(request: object) -> object:
            if self.down:
                raise DependencyUnavailable(self._name, "it is down")
            self.came.set()
            if self.meeting is not None:
                await self.meeting.wait()
            return await getattr(self._service, method)(request)

        return call


@dataclass
class Services:
    """Carts and the services around it, composed as they run."""

    redis_of: ClientOf
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    recent_seconds: float = 0.0
    """What carts shows is as new as it can be, unless a test is about that."""

    def __post_init__(self) -> None:
        self.catalog = Catalog()
        self.inventory = self._dependency("inventory", inventory.compose)
        self.pricing = self._dependency("pricing", pricing.compose)
        self.compose_carts()

    def _dependency(self, name: str, compose: Compose) -> Dependency:
        composed = compose(self.redis_of(name), nowhere, clock=self.clock)
        return Dependency(name, composed.service)

    def connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        """One of the dependencies."""
        return cast(Api, getattr(self, app))

    def compose_carts(self) -> None:
        """Compose carts anew, as the settings are now."""
        self.composition = self._composed()
        self.carts = service_of(self.composition, CartsService)

    def replica(self) -> CartsService:
        """Another replica of carts on the same state."""
        return service_of(self._composed(), CartsService)

    def _composed(self) -> Composition:
        return carts.compose(
            self.redis_of("carts"),
            self.connect,
            clock=self.clock,
            recent_seconds=self.recent_seconds,
        )

    def client(self, key: str = "acme-key") -> httpx.AsyncClient:
        """A platform's HTTP client of this store, as Serve mounts it."""
        app = http_app(self.composition.routes)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app, root_path="/carts"),
            base_url="http://store",
            headers={"X-API-Key": key},
        )

    def meet_before_writing(self, writers: int) -> None:
        """Writers wait for each other once they have read what is there and asked for prices."""
        self.pricing.meeting = asyncio.Barrier(writers)

    def silence_all(self) -> None:
        """No dependency answers any more."""
        self.catalog.down = self.inventory.down = self.pricing.down = True

    async def stock(self) -> None:
        """Fill the shelves; a fifth off helmets until the end of June; a code of ten per cent."""
        rows = tuple(
            StockRow(sku=sku, location_id=1, location_name="Main", quantity=quantity)
            for sku, quantity in STOCK.items()
        )
        await self.inventory.receive(ReceiveStock(batch="first", rows=rows))
        helmets = helmet_offer(id_=1, title="Helmet Days", percent="20")
        ten = DiscountCode(
            code="TEN", title="Ten off", kind="percent", percent="10", starts=STARTS, ends=ENDS
        )
        await self.pricing.import_rules(ImportRules(batch="first", offers=(helmets,), codes=(ten,)))


def helmet_offer(*, id_: int, title: str, percent: str) -> Offer:
    """An offer for ten helmets at most, until the end of June."""
    return Offer(
        id=id_,
        title=title,
        percent=percent,
        starts=STARTS,
        ends=OFFER_ENDS,
        min_quantity=0,
        max_quantity=10,
        skus=frozenset({HELMET.sku}),
    )


def contents(*wanted: tuple[str, int], codes: tuple[str, ...] = (), **more: Any) -> CartContents:  # noqa: ANN401
    """Contents of items and quantities."""
    lines = tuple(WantedLine(item_id=item, quantity=quantity) for item, quantity in wanted)
    return CartContents(lines=lines, codes=codes, **more)


def body(*wanted: tuple[str, int], **more: object) -> dict[str, Any]:
    """A request body of items and quantities."""
    lines = [{"item": {"id": item}, "quantity": quantity} for item, quantity in wanted]
    return {"line_items": lines, **more}


def key(name: str, sent: bytes = b"{}", platform: str = PLATFORM) -> RequestKey:
    """A platform's idempotency key, with a body."""
    return request_key(platform, name, "create_cart", "/carts", sent)
