"""Webhooks' contract, answered, and the events about orders that are sent on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.orders.contract import GetOrder, OrderDocument, OrderNotFound
from deployments.webhooks.client import AddressRefusedError, WebhookClient
from deployments.webhooks.contract import (
    MOST_ENDPOINTS,
    EndpointNotFound,
    Endpoints,
    ListEndpoints,
    NothingSigned,
    RegisterEndpoint,
    Removed,
    RemoveEndpoint,
    TooManyEndpoints,
    UrlRefused,
    WebhookEndpoint,
)
from deployments.webhooks.domain import DeliverySource, body_of
from deployments.webhooks.resolver import HostUnknownError
from deployments.webhooks.store import WebhooksStore
from deployments.webhooks.url_policy import parse_url

_LOOKUP_SECONDS = 5.0


class Orders(Protocol):
    """What webhooks needs of orders."""

    async def render(self, request: GetOrder) -> OrderDocument:
        """The order as it stands, as UCP has it. Rejects with `OrderNotFound`."""
        ...


class WebhooksService:
    """Implements `WebhooksApi`.

    Registering and listing take three and two round trips, removing takes one. An event takes one
    if the platform has no endpoint, else two and one handle call.
    """

    def __init__(
        self,
        store: WebhooksStore,
        webhook_client: WebhookClient,
        orders: Orders,
        *,
        queued: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._webhook_client, self._orders = store, webhook_client, orders
        self._queued, self._clock = queued, clock

    # Endpoints

    async def register(self, request: RegisterEndpoint) -> WebhookEndpoint:
        """See `WebhooksApi`."""
        if not self._webhook_client.can_sign:
            raise NothingSigned(
                "This store signs nothing, so it sends nothing: its operator has to set "
                "FIELDHOUSE_SIGNING_KEYS first."
            )
        url = await self._checked(request.url)
        fresh = new_id("endpoint")
        id_ = await self._store.register(request.platform, url, fresh, self._clock())
        if id_ is None:
            raise TooManyEndpoints(
                f"A platform may have {MOST_ENDPOINTS} endpoints. Remove one first."
            )
        return await self._endpoint(request.platform, id_)

    async def _checked(self, text: str) -> str:
        """The URL as it is kept. Raises `UrlRefused`, which tells nothing of what the host is."""
        url = parse_url(text, loopback=self._webhook_client.loopback)
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                await self._webhook_client.addresses(url)
        except (HostUnknownError, TimeoutError):
            raise UrlRefused("The host has no address. Check its name.") from None
        except AddressRefusedError:
            raise UrlRefused(
                "The store sends over https to public addresses only, and this host has another."
            ) from None
        return str(url)

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
        if not await self._store.has_endpoints(platform):
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
