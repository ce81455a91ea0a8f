"""The whole store in one process, without Ray: every service with its routes, and what it ships."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actors import shipped_data
from deployments.carts.routes import CartsRoutes
from deployments.carts.service import CartsService
from deployments.carts.store import CartsStore
from deployments.catalog.contract import ImportProducts
from deployments.catalog.routes import CatalogRoutes
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.checkout.quote import Quoter
from deployments.checkout.routes import CheckoutRoutes
from deployments.checkout.saga import Driver
from deployments.checkout.service import CheckoutService
from deployments.checkout.steps import Steps
from deployments.checkout.store import CheckoutStore
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.signing import signing_keys
from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.settings import data_directory, mail_sender
from deployments.inventory.contract import ReceiveStock
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore
from deployments.notifications.domain import address_id, link_token
from deployments.notifications.mailer import MailDirectory
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.routes import NotificationsRoutes
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService, Outlet
from deployments.notifications.store import NotificationsStore
from deployments.orders.routes import OrdersRoutes
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from deployments.payments.contract import PaymentsApi
from deployments.payments.provider import PaymentProvider, Providers
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.payments.service import PaymentsService
from deployments.payments.store import PaymentsStore
from deployments.pricing.contract import ImportRules
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore
from deployments.profile.routes import ProfileRoutes
from deployments.shipping.contract import ImportMethods
from deployments.shipping.service import ShippingService
from deployments.shipping.store import ShippingStore
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.dispatcher import CLAIM_SECONDS as DELIVERY_SECONDS
from deployments.webhooks.resolver import Resolver
from deployments.webhooks.routes import WebhooksRoutes
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import WebhooksStore

URL = "http://store"
BATCH = "shipped"


class WholeStore:
    """Every service, composed as the composition roots do it.

    Payments is called as it is over a handle, in JSON; its provider is the sandbox, unless another
    is given.
    """

    def __init__(
        self, redis_of: Callable[[str], Redis], provider: PaymentProvider | None = None
    ) -> None:
        self.replica = LiveSnapshot(CatalogStore(redis_of("catalog")))
        self.inventory = InventoryService(InventoryStore(redis_of("inventory")), utc_now)
        self.catalog = CatalogService(
            CatalogStore(redis_of("catalog")), self.replica, self.inventory
        )
        self.pricing = PricingService(PricingStore(redis_of("pricing")))
        self.shipping = ShippingService(ShippingStore(redis_of("shipping")))
        self.orders = OrdersService(OrdersStore(redis_of("orders")), URL)
        provider = provider or SandboxProvider(SandboxBooks(redis_of("payments")))
        payments = PaymentsService(PaymentsStore(redis_of("payments")), Providers([provider]))
        self.payments = client_of(PaymentsApi, Endpoint(PaymentsApi, payments))
        self.carts = CartsService(
            CartsStore(redis_of("carts")), self.catalog, self.inventory, self.pricing
        )
        outlet = Outlet(MailRenderer(mail_sender()), MailDirectory(data_directory() / "mail"))
        self._mail = NotificationsStore(redis_of("notifications"), claim_seconds=CLAIM_SECONDS)
        self.notifications = NotificationsService(self._mail, outlet)
        self.webhooks = self._webhooks(redis_of("webhooks"))
        self.checkout = self._checkout(CheckoutStore(redis_of("checkout")))

    def _webhooks(self, redis: Redis) -> WebhooksService:
        store = WebhooksStore(redis, claim_seconds=DELIVERY_SECONDS)
        profile = f"{URL}/.well-known/ucp"
        webhook_client = WebhookClient(Signer(signing_keys()), profile, Resolver(), loopback=False)
        return WebhooksService(store, webhook_client, self.orders)

    def _checkout(self, store: CheckoutStore) -> CheckoutService:
        quoter = Quoter(self.catalog, self.inventory, self.shipping, self.pricing)
        steps = Steps(self.inventory, self.pricing, self.payments, self.orders)
        return CheckoutService(store, self.carts, quoter, Driver(store, steps))

    async def mail_token(self, address: str) -> str:
        """What a link in a mail to this address ends with."""
        secret = await self._mail.secret()
        return link_token(address_id(address, secret), secret)

    async def load(self) -> None:
        """Take in what is shipped."""
        await self.inventory.receive(ReceiveStock(batch=BATCH, rows=shipped_data.stock()))
        methods = shipped_data.shipping_methods()
        await self.shipping.import_methods(ImportMethods(batch=BATCH, methods=methods))
        rules = ImportRules(
            batch=BATCH,
            offers=shipped_data.offers(),
            codes=shipped_data.discount_codes(),
            tax_rates=shipped_data.tax_rates(),
        )
        await self.pricing.import_rules(rules)
        products = shipped_data.products()
        await self.catalog.import_products(ImportProducts(batch=BATCH, products=products))

    def services(self) -> Mapping[str, Sequence[Route]]:
        """All public routes, by prefix."""
        keys = platform_keys()
        return {
            "/.well-known": ProfileRoutes(URL).routes(),
            "/catalog": CatalogRoutes(self.catalog).routes(),
            "/carts": CartsRoutes(self.carts, keys).routes(),
            "/checkout-sessions": CheckoutRoutes(self.checkout, keys).routes(),
            "/orders": OrdersRoutes(self.orders, keys).routes(),
            "/mail": NotificationsRoutes(self.notifications).routes(),
            "/webhooks": WebhooksRoutes(self.webhooks, keys).routes(),
        }

    def app(self) -> ASGIApp:
        """All public routes under their prefixes."""
        return _Proxy({prefix: http_app(routes) for prefix, routes in self.services().items()})


class _Proxy:
    """Hands a request to the service of its path's prefix, as Serve's proxy does."""

    def __init__(self, services: Mapping[str, ASGIApp]) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        prefix = next((one for one in self._services if f"{path}/".startswith(f"{one}/")), None)
        if prefix is None:
            await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
            return
        await self._services[prefix]({**scope, "root_path": prefix}, receive, send)


@asynccontextmanager
async def open_store(
    redis_of: Callable[[str], Redis], provider: PaymentProvider | None = None
) -> AsyncIterator[WholeStore]:
    """A store that has been loaded."""
    store = WholeStore(redis_of, provider)
    await store.load()
    await store.replica.start()
    try:
        yield store
    finally:
        await finish_detached()
        await store.replica.stop()
