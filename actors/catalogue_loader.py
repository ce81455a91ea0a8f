"""Fills an empty store with what is shipped in `data/`, once.

Every service takes in a batch under a name only once, so a second loader, or a second start of the
store, does nothing. The catalogue comes last: whoever sees products sees them with their stock,
rules and shipping methods.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import ray

from actors import shipped_data
from deployments.catalog.contract import CatalogApi, ImportProducts
from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.handles import connect
from deployments.inventory.contract import InventoryApi, ReceiveStock
from deployments.pricing.contract import ImportRules, PricingApi
from deployments.shipping.contract import ImportMethods, ShippingApi

BATCH = "shipped-1"
"""Changes with the files in `data/`, so that stores which have the former batch take in the new."""
_CALL_SECONDS = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """One service's share: what it is called, and the call that hands it over and answers a
    count."""

    what: str
    hand_over: Callable[[], Awaitable[int]]


def deliveries(
    inventory: InventoryApi, shipping: ShippingApi, pricing: PricingApi, catalog: CatalogApi
) -> list[Delivery]:
    """Everything that is shipped, in the order in which to load it."""
    products, stock = shipped_data.products(), shipped_data.stock()
    methods = ImportMethods(batch=BATCH, methods=shipped_data.shipping_methods())
    rules = ImportRules(
        batch=BATCH,
        offers=shipped_data.offers(),
        codes=shipped_data.discount_codes(),
        tax_rates=shipped_data.tax_rates(),
    )

    async def load_stock() -> int:
        return (await inventory.receive(ReceiveStock(batch=BATCH, rows=stock))).count

    async def load_methods() -> int:
        return (await shipping.import_methods(methods)).count

    async def load_rules() -> int:
        return (await pricing.import_rules(rules)).count

    async def load_products() -> int:
        return (await catalog.import_products(ImportProducts(batch=BATCH, products=products))).count

    variants = sum(len(product.variants) for product in products)
    return [
        Delivery(f"{len(stock)} rows of stock", load_stock),
        Delivery(f"{len(methods.methods)} shipping methods", load_methods),
        Delivery(
            f"{len(rules.offers)} offers, {len(rules.codes)} discount codes "
            f"and {len(rules.tax_rates)} tax rates",
            load_rules,
        ),
        Delivery(f"{variants} variants of {len(products)} products", load_products),
    ]


def loading(shares: Sequence[Delivery]) -> Tick:
    """A tick that hands over what is left; a service that does not answer yet is asked next
    time."""
    left = list(shares)
    awaited: set[str] = set()

    async def tick() -> bool:
        while left:
            try:
                count = await left[0].hand_over()
            except DependencyUnavailable as away:
                if away.app not in awaited:
                    _log.info("waiting for %s to load %s", away.app, left[0].what)
                awaited.add(away.app)
                return False
            _log.info("loaded %s" if count else "%s were loaded before", left.pop(0).what)
        return False

    return tick


@ray.remote
class CatalogueLoader(LoopActor):
    """The loop of the catalogue's application that loads the shipped data."""

    def __init__(self, every: float = 1.0) -> None:
        logging.basicConfig(format="%(message)s")
        _log.setLevel(logging.INFO)
        shares = deliveries(
            connect(InventoryApi, app="inventory", seconds=_CALL_SECONDS),
            connect(ShippingApi, app="shipping", seconds=_CALL_SECONDS),
            connect(PricingApi, app="pricing", seconds=_CALL_SECONDS),
            connect(CatalogApi, app="catalog", seconds=_CALL_SECONDS),
        )
        super().__init__(Loop("catalogue_loader", loading(shares), every=every, tick_seconds=120.0))
