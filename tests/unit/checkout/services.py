"""The services around checkout, real ones on one Valkey, in one process and without Ray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from redis.asyncio import Redis

from deployments.carts.service import CartsService
from deployments.carts.store import CartsStore
from deployments.catalog.contract import (
    CatalogApi,
    ChangePrice,
    Imported,
    ImportProducts,
    ResolvedItems,
    ResolveItems,
    Variant,
)
from deployments.checkout.quote import Quoter
from deployments.checkout.saga import Driver
from deployments.checkout.saga_store import SagaStore
from deployments.checkout.service import CheckoutService
from deployments.checkout.steps import Steps
from deployments.checkout.store import CheckoutStore
from deployments.inventory.contract import InventoryApi, ReceiveStock, StockRow
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore
from deployments.orders.contract import OrdersApi
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from deployments.payments.contract import PaymentsApi
from deployments.payments.provider import PaymentProvider, Providers
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.payments.service import PaymentsService
from deployments.payments.store import PaymentsStore
from deployments.pricing.contract import DiscountCode, ImportRules, PricingApi, TaxRate
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore
from deployments.shipping.contract import ImportMethods, ShippingApi, ShippingMethod
from deployments.shipping.service import ShippingService
from deployments.shipping.store import ShippingStore

PLATFORM = "acme"
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


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class Crash(BaseException):
    """The process dies: nothing after this runs, no handler sees it."""


Fault = Callable[[], BaseException]


class Interposed:
    """Stands before a service and lets a test break one of its methods, before or after it acts."""

    def __init__(self, service: object) -> None:
        self._service = service
        self.before: dict[str, Fault] = {}
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
            answer = await getattr(self._service, name)(request)
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
    """Checkout and its dependencies, each behind an `Interposed`."""

    redis_of: Callable[[str], Redis]
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        of, clock = self.redis_of, self.clock
        self.inventory = self._stand(
            InventoryApi, InventoryService(InventoryStore(of("inventory")), clock)
        )
        self.pricing = self._stand(PricingApi, PricingService(PricingStore(of("pricing")), clock))
        self.shipping = self._stand(
            ShippingApi, ShippingService(ShippingStore(of("shipping")), clock)
        )
        provider = self.provider(SandboxProvider(SandboxBooks(of("payments"))))
        self.payments = self._stand(
            PaymentsApi,
            PaymentsService(PaymentsStore(of("payments")), Providers([provider]), clock),
        )
        self.orders = self._stand(
            OrdersApi, OrdersService(OrdersStore(of("orders")), "http://store", clock)
        )
        self.catalog = self._stand(CatalogApi, self.shelf())
        self.carts = CartsService(
            CartsStore(of("carts")),
            cast(CatalogApi, self.catalog),
            cast(InventoryApi, self.inventory),
            cast(PricingApi, self.pricing),
            self.clock,
        )
        self.checkout = self.replica()

    def _stand(self, api: type, service: object) -> Interposed:
        return Interposed(self.reached(api, service))

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
        store = CheckoutStore(self.redis_of("checkout"))
        quoter = Quoter(
            cast(CatalogApi, self.catalog),
            cast(InventoryApi, self.inventory),
            cast(Any, self.shipping),
            cast(PricingApi, self.pricing),
        )
        steps = Steps(
            cast(CatalogApi, self.catalog),
            cast(InventoryApi, self.inventory),
            cast(PricingApi, self.pricing),
            cast(PaymentsApi, self.payments),
            cast(OrdersApi, self.orders),
        )
        driver = Driver(SagaStore(self.redis_of("checkout")), steps, self.clock)
        return CheckoutService(store, self.carts, quoter, driver, self.clock)

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
