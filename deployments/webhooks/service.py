"""Webhooks' service: platforms' endpoints, and the orders that are queued for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from httpx import URL

from deployments.foundation.rpc.recent import RecentAnswers
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.orders.contract import GetOrder, OrderDocument
from deployments.orders.contract.staff import OrderNotFound
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.contract import (
    MOST_ENDPOINTS,
    EndpointNotFound,
    Endpoints,
    ListEndpoints,
    LookupsUnderWay,
    NothingSigned,
    RegisterEndpoint,
    Removed,
    RemoveEndpoint,
    TooManyEndpoints,
    UrlRefused,
    WebhookEndpoint,
)
from deployments.webhooks.domain import DeliverySource, body_of
from deployments.webhooks.resolver import AddressCheck, AddressRefusedError, HostUnknownError
from deployments.webhooks.store import WebhooksStore
from deployments.webhooks.url_policy import parse_url

LOOKUP_SECONDS = 5.0
"""How long registration waits for a host's address."""
WANTING_SECONDS = 10.0
"""How long a platform that has endpoints is taken to have some."""


class Orders(Protocol):
    """What webhooks needs of orders."""

    async def render(self, request: GetOrder) -> OrderDocument:
        """The order as it stands, as UCP has it. Rejects with `OrderNotFound`."""
        ...


class WebhooksService:
    """Implements `WebhooksApi`. `check` is registration's own, and shares nothing with deliveries.

    Registering and listing take four and two round trips, removing takes one. An event takes one if
    the platform has no endpoint, else one or two and one call.
    """

    def __init__(
        self,
        store: WebhooksStore,
        webhook_client: WebhookClient,
        orders: Orders,
        check: AddressCheck,
        *,
        lookup_seconds: float = LOOKUP_SECONDS,
        queued: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._webhook_client, self._orders = store, webhook_client, orders
        self._check, self._lookup_seconds = check, lookup_seconds
        self._queued, self._clock = queued, clock
        # Only that there are some is remembered: of a platform that has none the next event may be
        # the first that it is to be told of.
        self._wanting = RecentAnswers(store.with_endpoints, WANTING_SECONDS, clock=clock)

    # Endpoints

    async def register(self, request: RegisterEndpoint) -> WebhookEndpoint:
        """See `WebhooksApi`."""
        if not self._webhook_client.can_sign:
            raise NothingSigned(
                "This store signs nothing, so it sends nothing: its operator has to set "
                "FIELDHOUSE_SIGNING_KEYS first."
            )
        url = parse_url(request.url, loopback=self._check.loopback)
        # Before its host is looked up: that takes a thread of the platform's few.
        if not await self._store.may_register(request.platform, str(url)):
            raise _too_many()
        await self._look_up(url, request.platform)
        fresh = new_id("endpoint")
        id_ = await self._store.register(request.platform, str(url), fresh, self._clock())
        if id_ is None:
            raise _too_many()
        return await self._endpoint(request.platform, id_)

    async def _look_up(self, url: URL, platform: str) -> None:
        """Raises `UrlRefused`, which tells nothing of what the host is, and `LookupsUnderWay`."""
        try:
            async with asyncio.timeout(self._lookup_seconds):
                await self._check.addresses(url, platform)
        except (HostUnknownError, TimeoutError) as failure:
            if isinstance(failure, TimeoutError) and self._check.resolve.is_busy(platform):
                raise LookupsUnderWay(
                    "Other hosts of yours are still being looked up. Try again in a minute."
                ) from None
            raise UrlRefused("The host has no address. Check its name.") from None
        except AddressRefusedError:
            raise UrlRefused(
                "The store sends over https to public addresses only, and this host has another."
            ) from None

    async def _endpoint(self, platform: str, id_: str) -> WebhookEndpoint:
        for endpoint in await self._store.endpoints_of(platform):
            if endpoint.id == id_:
                return endpoint
        raise EndpointNotFound("The endpoint was removed just now.")

    async def endpoints(self, request: ListEndpoints) -> Endpoints:
        """See `WebhooksApi`."""
        return Endpoints(endpoints=tuple(await self._store.endpoints_of(request.platform)))

    async def remove(self, request: RemoveEndpoint) -> Removed:
        """See `WebhooksApi`."""
        if not await self._store.remove(request.platform, request.endpoint_id):
            raise EndpointNotFound("You have no such endpoint.")
        return Removed()

    # Events

    async def order_changed(self, source: DeliverySource, platform: str, order_id: str) -> None:
        """Queue the order, as it stands, for the platform's endpoints, if it has any."""
        if not await self._wanting.about([platform]):
            return
        try:
            order = await self._orders.render(GetOrder(order_id=order_id, platform=platform))
        except OrderNotFound:
            await self.order_withdrawn(source, platform, order_id)
            return
        body = body_of(order.body)
        await self._store.queue(source, platform, order_id, body, self._clock())
        self._queued()

    async def order_withdrawn(self, source: DeliverySource, platform: str, order_id: str) -> None:
        """Drop what was not sent yet about an order that is none any more.

        UCP's order has no such state, and to the platform that asks for the order it is not found.
        """
        await self._store.withdraw(source, platform, order_id)


def _too_many() -> TooManyEndpoints:
    return TooManyEndpoints(f"A platform may have {MOST_ENDPOINTS} endpoints. Remove one first.")
