"""Stock, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import AdjustmentBody, AheadBody, CountBody, ReceiptBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import (
    AdjustStock,
    AllowAhead,
    CountStock,
    ReceiveDelivery,
)
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLowStock,
    ListMovements,
    LowStock,
    Movements,
    StockLevels,
)


class StockActions:
    """The actions, upon inventory."""

    def __init__(self, inventory: InventoryApi) -> None:
        self._inventory = inventory

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/stock/low",
                self.low,
                "stock.read",
                summary="SKUs that run low, fewest units first",
                answer=LowStock,
                query=ListLowStock,
            ),
            Action(
                "GET",
                "/api/stock/movements",
                self.movements,
                "stock.read",
                summary="The ledger, newest first",
                answer=Movements,
                query=ListMovements,
            ),
            Action(
                "GET",
                "/api/stock/{sku}",
                self.levels,
                "stock.read",
                summary="Units of a SKU at every location",
                answer=StockLevels,
            ),
            Action(
                "POST",
                "/api/stock/receipts",
                self.receive,
                "stock.change",
                summary="Book units that arrived",
                answer=StockLevels,
                body=ReceiptBody,
            ),
            Action(
                "POST",
                "/api/stock/adjustments",
                self.adjust,
                "stock.change",
                summary="Correct levels",
                answer=StockLevels,
                body=AdjustmentBody,
            ),
            Action(
                "POST",
                "/api/stock/counts",
                self.count,
                "stock.change",
                summary="Book what was counted",
                answer=StockLevels,
                body=CountBody,
            ),
            Action(
                "POST",
                "/api/stock/ahead",
                self.allow_ahead,
                "stock.change",
                summary="Say how many units may be sold before they are here",
                answer=StockLevels,
                body=AheadBody,
            ),
        ]

    async def low(self, caller: TokenRequest) -> Response:
        """What runs low."""
        return shown(await self._inventory.low_stock(query_of(ListLowStock, caller)))

    async def movements(self, caller: TokenRequest) -> Response:
        """The ledger."""
        return shown(await self._inventory.movements(query_of(ListMovements, caller)))

    async def levels(self, caller: TokenRequest) -> Response:
        """A SKU at every location."""
        sent = GetLevels(skus=(caller.request.path_params["sku"],))
        return shown(await self._inventory.levels(sent))

    async def receive(self, caller: TokenRequest) -> Response:
        """Units arrived."""
        body = await body_of(ReceiptBody, caller)
        sent = ReceiveDelivery(author=caller.author, **dict(body))
        return shown(await self._inventory.receive_delivery(sent))

    async def adjust(self, caller: TokenRequest) -> Response:
        """Levels are other than was thought."""
        body = await body_of(AdjustmentBody, caller)
        return shown(await self._inventory.adjust(AdjustStock(author=caller.author, **dict(body))))

    async def count(self, caller: TokenRequest) -> Response:
        """What lies there was counted."""
        body = await body_of(CountBody, caller)
        return shown(await self._inventory.count(CountStock(author=caller.author, **dict(body))))

    async def allow_ahead(self, caller: TokenRequest) -> Response:
        """Units may be sold before they are here."""
        body = await body_of(AheadBody, caller)
        sent = AllowAhead(author=caller.author, **dict(body))
        return shown(await self._inventory.allow_ahead(sent))
