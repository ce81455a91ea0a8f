"""The places where stock lies, and their names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.visit import Visit
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import NameLocation, TooMany
from deployments.inventory.contract.levels import ListLocations, LocationId


class _TypedLocation(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    id: LocationId
    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class LocationPages:
    """The page, upon inventory."""

    def __init__(self, inventory: InventoryApi) -> None:
        self._inventory = inventory

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/stock/locations", self.list, "stock.read"),
            PageRoute("POST", "/stock/locations", self.name, "stock.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """Every location, with a form that names one."""
        return await self._page(visit, Form())

    async def name(self, visit: Visit) -> Response:
        """A new location, or another name for one."""
        typed, form = filled(_TypedLocation, visit.form, visit.language)
        if typed is None:
            return await self._page(visit, form)
        sent = NameLocation(author=visit.author, reason=typed.reason, id=typed.id, name=typed.name)
        try:
            await self._inventory.name_location(sent)
        except TooMany as no:
            return await self._page(visit, form.refused(visit.language.rejection(no)))
        said = visit.text("Location %(id)s is called %(name)s.", id=typed.id, name=typed.name)
        return visit.go("/stock/locations", said)

    async def _page(self, visit: Visit, form: Form) -> Response:
        found = (await self._inventory.locations(ListLocations())).locations
        renamed = visit.query("id")
        name = next((one.name for one in found if str(one.id) == renamed), "")
        free = max((one.id for one in found), default=0) + 1
        return visit.show(
            "locations.html",
            status=422 if form.values else 200,
            form=form,
            locations=found,
            typed_id=renamed if name else str(free),
            typed_name=name,
        )
