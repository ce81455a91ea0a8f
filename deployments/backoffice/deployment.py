"""The back office's composition root: pages and an API for staff, upon others' contracts."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.exports.rows import CatalogRows
from deployments.backoffice.formats.items import ImportKind
from deployments.backoffice.imports.codes import CodeEffect
from deployments.backoffice.imports.desk import ImportDesk
from deployments.backoffice.imports.effects import Effect
from deployments.backoffice.imports.prices import PriceEffect
from deployments.backoffice.imports.products import ProductEffect
from deployments.backoffice.imports.stock import StockEffect
from deployments.backoffice.imports.store import ImportStore
from deployments.backoffice.imports.worker import ImportWorker, import_loop
from deployments.backoffice.language import check_catalogues
from deployments.backoffice.pictures.desk import PictureDesk
from deployments.backoffice.routes import BackofficeRoutes, Services
from deployments.catalog.contract import CatalogApi
from deployments.foundation.http.rate_limits import RateLimits, parse_rates
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.payments.contract import PaymentsApi
from deployments.pricing.contract import PricingApi
from deployments.staff.contract import StaffApi

SERVICE = "backoffice"
_RATES = "staff_read=600/minute,staff_write=120/minute,address=60/minute"
"""How often a person may ask, and an address from which nobody has signed in yet."""


def compose(
    redis: Redis, connect: Connect, *, clock: Clock = utc_now, meter: Meter = UNMEASURED
) -> Composition:
    """The back office upon its Redis, which holds imports, and how often somebody asked."""
    check_catalogues()
    limits = limits_upon(redis)
    store = ImportStore(redis)
    services = Services(
        catalog=connect(CatalogApi, app="catalog"),
        inventory=connect(InventoryApi, app="inventory"),
        orders=connect(OrdersApi, app="orders"),
        payments=connect(PaymentsApi, app="payments"),
        pricing=connect(PricingApi, app="pricing"),
        staff=connect(StaffApi, app="staff"),
    )
    effects: dict[ImportKind, Effect[Any]] = {
        "products": ProductEffect(services.catalog),
        "prices": PriceEffect(services.catalog),
        "stock": StockEffect(services.inventory, services.catalog),
        "codes": CodeEffect(services.pricing),
    }
    goods = CatalogRows(services.catalog, services.inventory)
    exports = ExportDesk(goods, services.orders, services.pricing, services.staff, clock)
    pictures = PictureDesk(services.catalog, Objects(settings().pictures_place))
    imports = ImportDesk(store, clock)
    return Composition(
        routes=BackofficeRoutes(services, limits, imports, exports, pictures).all(),
        loops=[import_loop(ImportWorker(store, effects))],
    )


def limits_upon(redis: Redis) -> RateLimits:
    """The back office's own rates, which the operator changes by their names, or lifts."""
    said = settings().rate_limits
    rates = parse_rates(said if said.strip() == "off" else f"{_RATES},{said}")
    return RateLimits(redis, SERVICE, {}, rates=rates)
