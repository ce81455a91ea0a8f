"""Transfers and locations, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import ArrivalBody, LocationBody, TransferBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import NameLocation, ReceiveTransfer, SendTransfer
from deployments.inventory.contract.levels import (
    ListLocations,
    ListTransfers,
    Location,
    Locations,
    StockLevels,
    Transfer,
    Transfers,
)


class TransferActions:
    """The actions, upon inventory."""

    def __init__(self, inventory: InventoryApi) -> None:
        self._inventory = inventory

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/transfers",
                self.list,
                "stock.read",
                summary="What is on its way, oldest first",
                answer=Transfers,
                query=ListTransfers,
            ),
            Action(
                "POST",
                "/api/transfers",
                self.send,
                "stock.change",
                summary="Send units to another location",
                answer=Transfer,
                body=TransferBody,
            ),
            Action(
                "POST",
                "/api/transfers/arrivals",
                self.arrive,
                "stock.change",
                summary="Book a transfer that arrived",
                answer=StockLevels,
                body=ArrivalBody,
            ),
            Action(
                "GET",
                "/api/locations",
                self.locations,
                "stock.read",
                summary="Every location",
                answer=Locations,
            ),
            Action(
                "PUT",
                "/api/locations",
                self.name,
                "stock.change",
                summary="Name a location",
                answer=Location,
                body=LocationBody,
            ),
        ]

    async def list(self, caller: TokenRequest) -> Response:
        """What is on its way."""
        return shown(await self._inventory.transfers(query_of(ListTransfers, caller)))

    async def send(self, caller: TokenRequest) -> Response:
        """Units leave."""
        body = await body_of(TransferBody, caller)
        sent = SendTransfer(author=caller.author, **dict(body))
        return shown(await self._inventory.send_transfer(sent))

    async def arrive(self, caller: TokenRequest) -> Response:
        """Units are where they went."""
        body = await body_of(ArrivalBody, caller)
        sent = ReceiveTransfer(author=caller.author, **dict(body))
        return shown(await self._inventory.receive_transfer(sent))

    async def locations(self, caller: TokenRequest) -> Response:  # noqa: ARG002 - all of them.
        """Every location."""
        return shown(await self._inventory.locations(ListLocations()))

    async def name(self, caller: TokenRequest) -> Response:
        """A location's name."""
        body = await body_of(LocationBody, caller)
        sent = NameLocation(author=caller.author, **dict(body))
        return shown(await self._inventory.name_location(sent))
