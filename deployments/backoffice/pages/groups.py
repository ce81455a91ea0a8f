"""Customer groups: seen, made, and changed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.code_form import lines_of, listed
from deployments.backoffice.pages.saved_rules import refusal_of
from deployments.backoffice.visit import Visit
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.groups import (
    MAX_PLATFORMS,
    CustomerGroup,
    GroupDocument,
    GroupId,
    ListGroups,
    SaveGroup,
    UnknownRule,
)

_LONGEST_NAME = 128


class _TypedGroup(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    id: GroupId
    title: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    platforms: Annotated[str, StringConstraints(max_length=40_000)] = ""
    revision: int | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    @field_validator("platforms")
    @classmethod
    def _few_and_short(cls, typed: str) -> str:
        names = listed(typed)
        if len(names) > MAX_PLATFORMS or any(len(one) > _LONGEST_NAME for one in names):
            raise ValueError("These are too many platforms, or a name is too long.")
        return typed


class GroupPages:
    """The pages, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/groups", self.list, "promotions.read"),
            PageRoute("GET", "/groups/new", self.ask, "promotions.change"),
            PageRoute("POST", "/groups/new", self.save, "promotions.change"),
            PageRoute("GET", "/groups/group/{id}", self.show, "promotions.read"),
            PageRoute("POST", "/groups/group/{id}", self.save, "promotions.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """All groups."""
        return visit.show("groups.html", groups=await self._groups())

    async def ask(self, visit: Visit) -> Response:
        """The form for a new group."""
        return await self._form(visit, Form())

    async def show(self, visit: Visit) -> Response:
        """A group, with its form."""
        return await self._form(visit, Form())

    async def save(self, visit: Visit) -> Response:
        """A group as it shall be, new or not; the id stays."""
        known = visit.request.path_params.get("id")
        values = {**visit.form.values, "id": [known]} if known else visit.form.values
        typed, form = filled(_TypedGroup, Form(values), visit.language)
        if typed is None:
            return await self._form(visit, form)
        group = CustomerGroup(
            id=typed.id, title=typed.title, platforms=frozenset(listed(typed.platforms))
        )
        sent = SaveGroup(
            author=visit.author,
            reason=typed.reason,
            group=group,
            revision=typed.revision if known else None,
        )
        no = await refusal_of(visit, form, self._pricing.save_group(sent), known=bool(known))
        if no is not None:
            return await self._form(visit, no.form, stale=no.stale)
        return visit.go(path_of("groups", "group", group.id), visit.text("The group is saved."))

    async def _groups(self) -> tuple[GroupDocument, ...]:
        return (await self._pricing.groups(ListGroups())).groups

    async def _form(self, visit: Visit, form: Form, *, stale: bool = False) -> Response:
        known, document = visit.request.path_params.get("id"), None
        if known is not None:
            found = (one for one in await self._groups() if one.group.id == known)
            document = next(found, None)
            if document is None:
                raise UnknownRule(f"There is no group '{known}'.", id=str(known))
        return visit.show(
            "group.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            platforms=lines_of(document.group.platforms) if document else "",
            stale=stale,
        )
