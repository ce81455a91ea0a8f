"""Price lists for customer groups, with quantity breaks: seen, made, changed and removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, Removal, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import Language, NotAnAmountError, message
from deployments.backoffice.pages.code_form import listed
from deployments.backoffice.pages.saved_rules import refusal_of
from deployments.backoffice.visit import Visit
from deployments.foundation.values.money import STORE_CURRENCY
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.groups import (
    GroupId,
    ListGroups,
    StaleRule,
    UnknownRule,
)
from deployments.pricing.contract.price_lists import (
    MAX_ENTRIES,
    ListOffers,
    ListPriceLists,
    PriceEntry,
    PriceList,
    PriceListDocument,
    RemovePriceList,
    SavePriceList,
)

_PARTS = re.compile(r"\s*[;\t]\s*")
_LONGEST_NAME = 255
_MOST_UNITS = 10**6


def entry_of(typed: str, language: Language) -> PriceEntry:
    """What a line says: of what; from how many units; a price, or a percentage off.

    What has a `>` in it, or is in quotes, is a category; a star is everything; else it is a SKU.
    Raises `ValueError`.
    """
    what, units, much = [*_PARTS.split(typed.strip()), "", ""][:3]
    if not units.isascii() or not units.isdecimal() or not 1 <= int(units) <= _MOST_UNITS:
        raise ValueError
    said: dict[str, object] = {"at_least": int(units)}
    if what.startswith('"') or ">" in what:
        said["category"] = what.strip('"')
    elif what != "*":
        said["sku"] = what
    if not what or len(what) > _LONGEST_NAME:
        raise ValueError
    if much.endswith("%"):
        said["percent"] = language.percentage(much)
    else:
        said["price"] = language.minor_units(much, STORE_CURRENCY)
    return PriceEntry.model_validate(said)


def entry_line(entry: PriceEntry, language: Language) -> str:
    """An entry as its form shows it."""
    what = entry.sku or (f'"{entry.category}"' if entry.category else "*")
    if entry.price is not None:
        return f"{what}; {entry.at_least}; {language.typed_money(entry.price, STORE_CURRENCY)}"
    return f"{what}; {entry.at_least}; {language.typed_number(entry.percent or '0')} %"


class _TypedList(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    id: GroupId
    title: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    groups: Annotated[tuple[GroupId, ...], Field(max_length=100)] = ()
    starts: date
    ends: date
    enabled: bool = False
    entries: Annotated[str, StringConstraints(min_length=1, max_length=120_000)]
    revision: int | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    @field_validator("ends")
    @classmethod
    def _ends_after_it_starts(cls, ends: date, info: ValidationInfo) -> date:
        starts = info.data.get("starts")
        if starts is not None and ends < starts:
            raise ValueError("It would end before it starts.")
        return ends

    def price_list(self, entries: Sequence[PriceEntry]) -> PriceList:
        """The list that was typed."""
        return PriceList(
            id=self.id,
            title=self.title,
            groups=frozenset(self.groups),
            starts=_moment(self.starts),
            ends=_moment(self.ends),
            enabled=self.enabled,
            entries=tuple(entries),
        )


class PriceListPages:
    """The pages, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/price-lists", self.list, "promotions.read"),
            PageRoute("GET", "/price-lists/new", self.ask, "promotions.change"),
            PageRoute("POST", "/price-lists/new", self.save, "promotions.change"),
            PageRoute("GET", "/price-lists/list/{id}", self.show, "promotions.read"),
            PageRoute("POST", "/price-lists/list/{id}", self.save, "promotions.change"),
            PageRoute(
                "GET", "/price-lists/list/{id}/remove", self.ask_to_remove, "promotions.change"
            ),
            PageRoute("POST", "/price-lists/list/{id}/remove", self.remove, "promotions.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """All lists, and the offers that came with the shop."""
        offers = (await self._pricing.offers(ListOffers())).offers
        return visit.show(
            "price_lists.html",
            lists=await self._lists(),
            offers=offers,
            today=datetime.now(UTC).date(),
        )

    async def ask(self, visit: Visit) -> Response:
        """The form for a new list."""
        return await self._form(visit, Form())

    async def show(self, visit: Visit) -> Response:
        """A list, with its form."""
        return await self._form(visit, Form())

    async def save(self, visit: Visit) -> Response:
        """A list as it shall be, new or not; the id stays."""
        known = visit.request.path_params.get("id")
        values = {**visit.form.values, "id": [known]} if known else visit.form.values
        typed, form = filled(_TypedList, Form(values), visit.language)
        if typed is None:
            return await self._form(visit, form)
        entries, wrong = _entries(visit, typed.entries)
        if wrong is not None:
            return await self._form(visit, form.refused(wrong, at="entries"))
        sent = SavePriceList(
            author=visit.author,
            reason=typed.reason,
            price_list=typed.price_list(entries),
            revision=typed.revision if known else None,
        )
        no = await refusal_of(
            visit, form, self._pricing.save_price_list(sent), known=known is not None
        )
        if no is not None:
            return await self._form(visit, no.form, stale=no.stale)
        return visit.go(path_of("price-lists", "list", typed.id), visit.text("The list is saved."))

    async def ask_to_remove(self, visit: Visit) -> Response:
        """What removing a list means, in numbers."""
        return await self._removal(visit, Form())

    async def remove(self, visit: Visit) -> Response:
        """A list that nobody has any more."""
        typed, form = filled(Removal, visit.form, visit.language)
        if typed is None:
            return await self._removal(visit, form)
        document = await self._document(visit)
        sent = RemovePriceList(
            author=visit.author,
            reason=typed.reason,
            id=document.price_list.id,
            revision=typed.revision,
        )
        try:
            await self._pricing.remove_price_list(sent)
        except StaleRule:
            return await self._removal(visit, form, stale=True)
        return visit.go("/price-lists", visit.text("The list is removed."))

    async def _removal(self, visit: Visit, form: Form, *, stale: bool = False) -> Response:
        return visit.show(
            "price_list_remove.html",
            status=422 if form.values else 200,
            form=form,
            document=await self._document(visit),
            stale=stale,
        )

    async def _document(self, visit: Visit) -> PriceListDocument:
        known = str(visit.request.path_params["id"])
        for one in await self._lists():
            if one.price_list.id == known:
                return one
        raise UnknownRule(f"There is no price list '{known}'.", id=known)

    async def _lists(self) -> tuple[PriceListDocument, ...]:
        return (await self._pricing.price_lists(ListPriceLists())).price_lists

    async def _form(self, visit: Visit, form: Form, *, stale: bool = False) -> Response:
        known = "id" in visit.request.path_params
        document = await self._document(visit) if known else None
        entries = document.price_list.entries if document else ()
        lines = [entry_line(one, visit.language) for one in entries]
        groups = (await self._pricing.groups(ListGroups())).groups
        return visit.show(
            "price_list.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            lines=lines,
            typed_lines=listed(form.value("entries"), commas=False),
            groups=[(one.group.id, one.group.title, "") for one in groups],
            stale=stale,
        )


def _entries(visit: Visit, typed: str) -> tuple[list[PriceEntry], str | None]:
    """The entries, or what is wrong with the first line that is none."""
    entries, seen = [], set[tuple[object, ...]]()
    lines = listed(typed, commas=False)
    if len(lines) > MAX_ENTRIES:
        return [], visit.text("These are too many lines: %(most)s at most.", most=MAX_ENTRIES)
    for number, one in enumerate(lines, 1):
        try:
            entry = entry_of(one, visit.language)
        except (ValueError, NotAnAmountError):
            said = visit.text(
                "Line %(number)s is not of the form that is asked for: %(line)s",
                number=number,
                line=one[:60],
            )
            return [], said
        key = (entry.sku, entry.category, entry.at_least)
        if key in seen:
            twice = message("Line %(number)s is there twice: %(line)s")
            return [], visit.text(twice, number=number, line=one[:60])
        seen.add(key)
        entries.append(entry)
    return entries, None


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
