"""What is on its way from one location to another: sent, received, and looked at."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, StringConstraints, field_validator
from starlette.responses import Response

from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.code_form import listed
from deployments.backoffice.pages.stock_changes import ChangeForm
from deployments.backoffice.visit import Visit
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.ids import new_id
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import (
    NotEnoughUnits,
    ReceiveTransfer,
    SameLocation,
    SendTransfer,
    TooMany,
    UnknownLocation,
    UnknownTransfer,
)
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLocations,
    ListTransfers,
    LocationId,
    Transfer,
    TransferLine,
)

MOST_SKUS = 200
_LINE = re.compile(r"^(?P<sku>\S{1,255})(?:\s+|\s*[;,]\s*)(?P<units>[1-9]\d{0,8})$")


def transfer_lines(typed: str) -> tuple[TransferLine, ...]:
    """The lines, each a SKU and a number of units. Raises `ValueError`."""
    found = [_LINE.match(one) for one in listed(typed, commas=False)]
    lines = [TransferLine(sku=one["sku"], quantity=int(one["units"])) for one in found if one]
    if not lines or len(lines) < len(found):
        raise ValueError("Type a SKU and a number of units on each line.")
    if len(lines) > MOST_SKUS or len({line.sku for line in lines}) < len(lines):
        raise ValueError("Name each SKU once only, and 200 of them at most.")
    return tuple(lines)


class _TypedTransfer(ChangeForm):
    source_id: LocationId
    target_id: LocationId
    lines: Annotated[str, StringConstraints(min_length=1, max_length=60_000)]
    confirmed: bool = False

    @field_validator("lines")
    @classmethod
    def _are_lines(cls, typed: str) -> str:
        transfer_lines(typed)
        return typed

    @field_validator("target_id")
    @classmethod
    def _is_another_place(cls, target: int, info: object) -> int:
        if getattr(info, "data", {}).get("source_id") == target:
            raise ValueError("Choose another location than the one it leaves.")
        return target


class _Arrived(ChangeForm):
    pass


class LeavingUnits(BaseModel):
    """Units of a SKU that would leave, and how many could still be sold where they lay."""

    sku: str
    quantity: int
    before: int

    @property
    def after(self) -> int:
        """What would be left."""
        return self.before - self.quantity


class TransferPages:
    """The pages, upon inventory."""

    def __init__(self, inventory: InventoryApi) -> None:
        self._inventory = inventory

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/stock/transfers", self.list, "stock.read"),
            PageRoute("GET", "/stock/transfers/new", self.ask, "stock.change"),
            PageRoute("POST", "/stock/transfers/new", self.send, "stock.change"),
            PageRoute(
                "GET", "/stock/transfers/transfer/{id}/receive", self.ask_arrival, "stock.change"
            ),
            PageRoute(
                "POST", "/stock/transfers/transfer/{id}/receive", self.arrive, "stock.change"
            ),
        ]

    async def list(self, visit: Visit) -> Response:
        """What is on its way, oldest first; the location stands in the address."""
        typed = visit.query("location")
        at = int(typed) if typed.isascii() and typed.isdecimal() and int(typed) > 0 else None
        found = await self._inventory.transfers(ListTransfers(location_id=at))
        return visit.show(
            "transfers.html",
            transfers=found.transfers,
            locations=(names := await self._locations()),
            places=[(str(id_), name) for id_, name in names.items()],
            at=typed,
        )

    async def ask(self, visit: Visit) -> Response:
        """The form for a transfer."""
        return await self._form(visit, Form())

    async def send(self, visit: Visit) -> Response:
        """Units leave: asked for once more, in numbers, and then done."""
        typed, form = filled(_TypedTransfer, visit.form, visit.language)
        if typed is None:
            return await self._form(visit, form)
        lines = transfer_lines(typed.lines)
        if not typed.confirmed:
            return await self._confirm(visit, form, typed, lines)
        sent = SendTransfer(
            key=typed.key,
            author=visit.author,
            reason=typed.reason,
            source_id=typed.source_id,
            target_id=typed.target_id,
            lines=lines,
        )
        try:
            await self._inventory.send_transfer(sent)
        except (NotEnoughUnits, UnknownLocation, SameLocation, TooMany) as no:
            return await self._refused(visit, form, no)
        units = sum(line.quantity for line in lines)
        said = visit.language.texts(
            "%(number)s unit is on its way.", "%(number)s units are on their way.", units
        )
        return visit.go("/stock/transfers", said)

    async def ask_arrival(self, visit: Visit) -> Response:
        """What arriving means, in numbers."""
        return await self._arrival(visit, Form())

    async def arrive(self, visit: Visit) -> Response:
        """All units of a transfer are where they went."""
        typed, form = filled(_Arrived, visit.form, visit.language)
        if typed is None:
            return await self._arrival(visit, form)
        sent = ReceiveTransfer(
            key=typed.key,
            author=visit.author,
            reason=typed.reason,
            transfer_id=visit.request.path_params["id"],
        )
        await self._inventory.receive_transfer(sent)
        return visit.go("/stock/transfers", visit.text("The transfer has arrived."))

    async def _locations(self) -> dict[int, str]:
        found = await self._inventory.locations(ListLocations())
        return {one.id: one.name for one in found.locations}

    async def _form(self, visit: Visit, form: Form) -> Response:
        names = await self._locations()
        return visit.show(
            "transfer.html",
            status=422 if form.values else 200,
            form=form.without("confirmed"),
            places=[(str(id_), name) for id_, name in names.items()],
            sku=visit.query("sku"),
            key=form.value("key") or new_id("transfer"),
        )

    async def _refused(self, visit: Visit, form: Form, no: Rejection) -> Response:
        return await self._form(visit, form.refused(visit.language.rejection(no)))

    async def _confirm(
        self, visit: Visit, form: Form, typed: _TypedTransfer, lines: tuple[TransferLine, ...]
    ) -> Response:
        found = await self._inventory.levels(GetLevels(skus=tuple(one.sku for one in lines)))
        there = {
            one.sku: one.available for one in found.levels if one.location_id == typed.source_id
        }
        leaving = [
            LeavingUnits(sku=one.sku, quantity=one.quantity, before=there.get(one.sku, 0))
            for one in lines
        ]
        short = [one for one in leaving if one.after < 0]
        if short:
            wrong = ", ".join(f"{one.sku} ({one.before})" for one in short[:5])
            said = visit.text("Fewer units can leave there: %(skus)s.", skus=wrong)
            return await self._form(visit, form.refused(said, at="lines"))
        return visit.show(
            "transfer_confirm.html",
            form=form,
            leaving=leaving,
            units=sum(one.quantity for one in leaving),
            locations=await self._locations(),
            source_id=typed.source_id,
            target_id=typed.target_id,
        )

    async def _arrival(self, visit: Visit, form: Form) -> Response:
        transfer = await self._transfer(visit)
        return visit.show(
            "transfer_arrival.html",
            status=422 if form.values else 200,
            form=form,
            transfer=transfer,
            units=sum(line.quantity for line in transfer.lines),
            locations=await self._locations(),
            key=new_id("arrival"),
        )

    async def _transfer(self, visit: Visit) -> Transfer:
        wanted = str(visit.request.path_params["id"])
        for one in (await self._inventory.transfers(ListTransfers())).transfers:
            if one.id == wanted:
                return one
        sentence = "This transfer is not on its way any more."
        raise UnknownTransfer(sentence, transfer_id=wanted[:128])
