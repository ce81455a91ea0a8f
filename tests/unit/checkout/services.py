"""The services around checkout, real ones on one Valkey, in one process and without Ray."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from redis.asyncio import Redis

from deployments.carts import deployment as carts
from deployments.carts.service import CartsService
from deployments.catalog.contract import (
    CatalogApi,
    ChangePrice,
    Imported,
    ImportProducts,
    ResolvedItems,
    ResolveItems,
    Variant,
)
from deployments.checkout import deployment as checkout
from deployments.checkout.service import CheckoutService
from deployments.foundation.placement.composition import Compose, Composition
from deployments.inventory import deployment as inventory
from deployments.inventory.contract import ReceiveStock, StockRow
from deployments.orders import deployment as orders
from deployments.payments import deployment as payments
from deployments.payments.provider import PaymentProvider
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.pricing import deployment as pricing
from deployments.pricing.contract import DiscountCode, ImportRules, TaxRate
from deployments.shipping import deployment as shipping
from deployments.shipping.contract import ImportMethods, ShippingMethod
from tests.clock import ManualClock
from tests.composing import service_of

Api = TypeVar("Api")
PLATFORM = "acme"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SHIRT = Variant(
    id="variant-1",
    sku="SHIRT-M",
    product_id="product-1",
    title="Shirt, M",
    description="A shirt.",
    price=2000,
    weight_grams=200,
)
BIKE = Variant(
    id="variant-2",
    sku="BIKE-52",
    product_id="product-2",
    title="Bike, 52",
    description="A bike.",
    price=100_000,
    weight_grams=9000,
)
STOCK = {SHIRT.sku: 10, BIKE.sku: 2}


class ShelfCatalog:
    """A catalogue of two items that are known by SKU and by variant id."""

    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        known = {name: item for item in (SHIRT, BIKE) for name in (item.id, item.sku)}
        return ResolvedItems(items={i: known[i] for i in request.ids if i in known})

    async def import_products(self, request: ImportProducts) -> Imported:
        raise AssertionError("checkout imports no products")

    async def change_price(self, request: ChangePrice) -> Variant:
        raise AssertionError("checkout changes no prices")


class Crash(BaseException):
    """The process dies: nothing after this runs, no handler sees it."""


Fault = Callable[[], BaseException]


class Interposed:
    """Stands before a service and lets a test break one of its methods, before or after it acts."""

    def __init__(self, service: object) -> None:
        self._service = service
        self.before: dict[str, Fault] = {}
        self.instead: dict[str, Callable[[Any], Awaitable[object]]] = {}
        self.after: dict[str, Fault] = {}
        self.gates: dict[tuple[str, str], tuple[asyncio.Event, asyncio.Event]] = {}
        self.calls: list[str] = []

    def hold(self, name: str, moment: str = "before") -> tuple[asyncio.Event, asyncio.Event]:
        """Keep calls of a method waiting, before or after they act.

        Gives an event that a call has come so far, and one that lets it go on.
        """
        gate = self.gates[name, moment] = asyncio.Event(), asyncio.Event()
        return gate

    async def _pass(self, name: str, moment: str) -> None:
        if (name, moment) in self.gates:
            came, gate = self.gates[name, moment]
            came.set()
            await gate.wait()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it stands for any method.
        async def call(request: object) -> object:
            self.calls.append(name)
            await self._pass(name, "before")
            if name in self.before:
                raise self.before[name]()
            answer = await self.instead.get(name, getattr(self._service, name))(request)
            await self._pass(name, "after")
            if name in self.after:
                raise self.after[name]()
            return answer

        return call

    def heal(self) -> None:
        """All methods work again."""
        self.before.clear()
        self.after.clear()
        self.gates.clear()


@dataclass
class Services:
    """Checkout and its dependencies, composed as they run; all but carts behind an `Interposed`."""

    redis_of: Callable[[str], Redis]
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    recent_seconds: float = 0.0
    """What is shown is as new as it can be, unless a test is about that."""

    def __post_init__(self) -> None:
        self._reachable: dict[str, object] = {}
        self.compositions: dict[str, Composition] = {}
        sandbox = self.provider(SandboxProvider(SandboxBooks(self.redis_of("payments"))))
        self.inventory = self._stand("inventory", inventory.compose)
        self.pricing = self._stand("pricing", pricing.compose)
        self.shipping = self._stand("shipping", shipping.compose)
        self.payments = self._stand("payments", partial(payments.compose, provider=sandbox))
        self.orders = self._stand("orders", partial(orders.compose, url="http://store"))
        self.catalog = self._interpose("catalog", CatalogApi, self.shelf())
        self.compositions["carts"] = self.composed("carts", self._at_once(carts.compose))
        self.carts = service_of(self.compositions["carts"], CartsService)
        self._reachable["carts"] = self.carts
        self.compositions["checkout"] = self._composed_checkout()
        self.checkout = service_of(self.compositions["checkout"], CheckoutService)

    def _at_once(self, compose: Callable[..., Composition]) -> Compose:
        return partial(compose, recent_seconds=self.recent_seconds)

    def composed(self, name: str, compose: Compose) -> Composition:
        """A replica of a service upon its Redis and the services that stand already."""
        return compose(self.redis_of(name), self.connect, clock=self.clock)

    def _stand(self, name: str, compose: Compose) -> Interposed:
        self.compositions[name] = composed = self.composed(name, compose)
        assert composed.api is not None
        return self._interpose(name, composed.api, composed.service)

    def _interpose(self, name: str, api: type, service: object) -> Interposed:
        self._reachable[name] = standing = Interposed(self.reached(api, service))
        return standing

    def connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        """A service as the others reach it; it stands already when others are composed upon it."""
        return cast(Api, self._reachable[app])

    def reached(self, api: type, service: object) -> object:
        """How the others reach a service: here as it is, without anything in between."""
        return service

    def provider(self, sandbox: PaymentProvider) -> PaymentProvider:
        """Who takes the payments."""
        return sandbox

    def shelf(self) -> object:
        """The catalogue."""
        return ShelfCatalog()

    @property
    def dependencies(self) -> tuple[Interposed, ...]:
        """The services that a saga calls."""
        return self.inventory, self.pricing, self.payments, self.orders

    def replica(self) -> CheckoutService:
        """Another replica of checkout on the same state."""
        return service_of(self._composed_checkout(), CheckoutService)

    def _composed_checkout(self) -> Composition:
        return self.composed("checkout", self._at_once(checkout.compose))

    async def stock(self) -> None:
        """Fill the shelves: stock, one tax rate, two ways to ship, a code that works once."""
        rows = tuple(
            StockRow(sku=sku, location_id=1, location_name="Main", quantity=quantity)
            for sku, quantity in STOCK.items()
        )
        await self.inventory.receive(ReceiveStock(batch="first", rows=rows))
        methods = tuple(
            ShippingMethod(
                id=name,
                title=name.title(),
                carrier="Carrier",
                base_charge=charge,
                charge_per_pound=0,
                min_days=1,
                max_days=3,
                zones=frozenset({"US", "CA", "WORLD"}),
            )
            for name, charge in (("ground", 500), ("express", 1500))
        )
        await self.shipping.import_methods(ImportMethods(batch="first", methods=methods))
        once = DiscountCode(
            code="ONCE",
            title="Ten off",
            kind="percent",
            percent="10",
            max_redemptions=1,
            starts=datetime(2026, 1, 1, tzinfo=UTC),
            ends=datetime(2027, 1, 1, tzinfo=UTC),
        )
        rates = (
            TaxRate(country="US", region="CA", percent="8.75", name="California tax"),
            TaxRate(country="US", region="WA", percent="10", name="Washington tax"),
            TaxRate(country="DE", region="HH", percent="19", name="German VAT"),
        )
        await self.pricing.import_rules(ImportRules(batch="first", codes=(once,), tax_rates=rates))
