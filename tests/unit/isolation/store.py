"""The store in one process, whose services reach each other as they do over Serve, until they
fail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

import httpx
from starlette.types import ASGIApp

from deployments.catalog import deployment as catalog
from deployments.catalog.contract import ImportProducts, Product
from deployments.catalog.domain.text import Searchable
from deployments.catalog.index import SearchIndex
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.composition import Composition
from deployments.foundation.rpc.calls import DependencyUnavailable, Endpoint, Reply, answered
from deployments.foundation.rpc.dependencies import dependency
from tests.composing import service_of
from tests.unit.checkout.services import BIKE, SHIRT, Services

PRODUCTS = tuple(
    Product(id=item.product_id, title=title, description=item.description, variants=(item,))
    for item, title in ((SHIRT, "Shirt"), (BIKE, "Bike"))
)
Fault = Literal["absent", "open", "killed", "raising", "hanging", "deaf"]
"""A service whose application was removed; one that was left alone because it kept failing; one
whose replicas die under every call; one that raises; one that hangs; and one that acts but answers
too late."""
FAULTS: tuple[Fault, ...] = get_args(Fault)
NOT_MADE: tuple[Fault, ...] = ("absent", "open")
"""With these a caller knows that nothing happened."""
_HANG_SECONDS = 0.02


class Wire:
    """Carries calls to one service as a Serve handle would, and fails as a test wants."""

    def __init__(self, app: str, endpoint: Endpoint) -> None:
        self._app, self._endpoint = app, endpoint
        self.fault: Fault | None = None

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        if self.fault in {None, "deaf"}:
            reply = await self._endpoint(method, body, seconds)
            if self.fault is None:
                return answered(self._app, reply)
        match self.fault:
            case "absent" | "open":
                raise DependencyUnavailable(self._app, "it is away", self.fault)
            case "killed":
                raise DependencyUnavailable(self._app, "ActorDiedError", "lost")
            case "raising":
                return answered(self._app, ("failed", b"ZeroDivisionError"))
        return await self._never()

    async def _never(self) -> Reply:
        try:
            async with asyncio.timeout(_HANG_SECONDS):
                await asyncio.Event().wait()
        except TimeoutError as late:
            raise DependencyUnavailable(self._app, "nothing came", "late") from late
        raise AssertionError("nobody sets the event")


@dataclass
class Store(Services):
    """All services with a real catalogue, every call between them over a `Wire`."""

    wires: dict[str, Wire] = field(default_factory=dict)
    index_breaks: bool = False

    def reached(self, api: type, service: object) -> object:
        app = api.__module__.split(".")[1]
        wire = self.wires[app] = Wire(app, Endpoint(api, service))
        return dependency(api, wire, app=app, seconds=60)

    def shelf(self) -> object:
        store = CatalogStore(self.redis_of("catalog"))
        self.replica_of_catalog = LiveSnapshot(store, build=self._index)
        self.compositions["catalog"] = self.catalog_of(self.replica_of_catalog)
        self.catalogue = service_of(self.compositions["catalog"], CatalogService)
        return self.catalogue

    def catalog_of(self, snapshot: LiveSnapshot) -> Composition:
        """A replica of the catalogue that reads this snapshot, and the stock at every request."""
        compose = partial(catalog.compose, snapshot=snapshot, stock_seconds=0.0)
        return self.composed("catalog", compose)

    def _index(self, texts: Mapping[str, Searchable]) -> SearchIndex:
        if self.index_breaks:
            raise ValueError("tantivy gives up")
        return SearchIndex(texts)

    async def open(self) -> None:
        """Fill the shelves, and let the catalogue read them."""
        await self.stock()
        await self.catalogue.import_products(ImportProducts(batch="first", products=PRODUCTS))
        await self.replica_of_catalog.start()

    def fail(self, fault: Fault, *apps: str) -> None:
        """From now on these services fail."""
        for app in apps:
            self.wires[app].fault = fault

    def mend(self) -> None:
        """All services work again."""
        for wire in self.wires.values():
            wire.fault = None

    def client(self) -> httpx.AsyncClient:
        """A platform's client of the public services."""
        services = {
            "/catalog": self.compositions["catalog"].routes,
            "/carts": self.compositions["carts"].routes,
            "/checkout-sessions": self.compositions["checkout"].routes,
            "/orders": self.compositions["orders"].routes,
        }
        proxy = _Proxy({prefix: http_app(routes) for prefix, routes in services.items()})
        return httpx.AsyncClient(
            transport=proxy, base_url="http://store", headers={"X-API-Key": "key-of-acme"}
        )


class _Proxy(httpx.AsyncBaseTransport):
    """Sends each request to the service of its path's prefix."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._services = {
            prefix: httpx.ASGITransport(app, root_path=prefix) for prefix, app in apps.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        prefix = next(one for one in self._services if f"{request.url.path}/".startswith(f"{one}/"))
        return await self._services[prefix].handle_async_request(request)
