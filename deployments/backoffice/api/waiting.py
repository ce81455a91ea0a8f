"""Who waits for a SKU, for programs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from deployments.backoffice.tokens import Action, TokenRequest, query_of, shown
from deployments.backoffice.waiting_orders import WaitingOrders, WaitingPage


class _Page(BaseModel):
    """A page of those who wait."""

    model_config = ConfigDict(extra="forbid")
    cursor: int = Field(default=0, ge=0, le=10**9)
    limit: int = Field(default=50, ge=1, le=100)


class WaitingActions:
    """The action, upon inventory's queue and orders."""

    def __init__(self, waiting: WaitingOrders) -> None:
        self._waiting = waiting

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/stock/{sku}/waiting",
                self.list,
                "orders.read",
                summary="Orders that wait for a SKU, the longest first",
                answer=WaitingPage,
                query=_Page,
            )
        ]

    async def list(self, caller: TokenRequest) -> Response:
        """A page of the queue."""
        asked = query_of(_Page, caller)
        sku = str(caller.request.path_params["sku"])
        return shown(await self._waiting.page(sku, asked.cursor, asked.limit))
