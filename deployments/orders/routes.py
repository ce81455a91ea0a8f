"""Orders over HTTP: UCP's REST binding of the order capability, version 2026-04-08."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.answers import answer
from deployments.foundation.http.callers import identify
from deployments.foundation.http.operations import Operation
from deployments.foundation.http.ucp import ERROR, not_found, ucp_schema
from deployments.orders.contract import GetOrder, OrdersApi
from deployments.orders.contract.staff import OrderNotFound
from deployments.orders.wire import order_json


class OrdersRoutes:
    """The handler, upon the service and the platforms' keys."""

    def __init__(self, service: OrdersApi, keys: Mapping[str, str]) -> None:
        self._service, self._keys = service, keys

    def routes(self) -> list[Operation]:
        """All operations under `/orders`."""
        return [
            Operation(
                "GET",
                "/{id}",
                self.get,
                id="get_order",
                summary="Show an order",
                answers={200: ucp_schema("order.json"), 404: ERROR},
            )
        ]

    async def get(self, request: Request) -> Response:
        """Get Order, for the platform that made it; 404 for everybody else and everything else."""
        caller = identify(request, self._keys)
        wanted = GetOrder(order_id=request.path_params["id"], platform=caller.platform)
        try:
            order = await self._service.get(wanted)
        except OrderNotFound:
            return answer(not_found("Order"), status=404)
        return answer(order_json(order))
