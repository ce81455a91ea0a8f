"""What a cart costs, now and at a date: nothing is bought, and nothing is claimed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from deployments.backoffice.forms import Form
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import NotAnAmountError
from deployments.backoffice.pages.code_form import listed
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi, ResolveItems, Variant
from deployments.foundation.values.money import STORE_CURRENCY
from deployments.pricing.contract import Priced, PriceLine, PriceRequest, PricingApi, TaxAddress
from deployments.pricing.contract.codes import PreviewPrice
from deployments.pricing.contract.groups import ListGroups

_FIELDS = ("lines", "codes", "at", "group", "country", "region", "shipping")
_LONGEST = 4000
MOST_LINES = 50
_LINE = re.compile(r"^(?P<sku>\S+)(?:\s*[\s;,x×*]\s*(?P<units>\d{1,6}))?$")  # noqa: RUF001
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class PricedLine:
    """A line of the cart, as the page shows it."""

    variant: Variant
    units: int


@dataclass(frozen=True)
class Asked:
    """The cart, for whom, and as of when beside now."""

    lines: tuple[PricedLine, ...]
    request: PriceRequest
    group: str | None
    at: datetime | None


class PricePreviewPages:
    """The page, upon pricing and the catalogue, which knows what a SKU costs."""

    def __init__(self, pricing: PricingApi, catalog: CatalogApi) -> None:
        self._pricing, self._catalog = pricing, catalog

    def pages(self) -> list[PageRoute]:
        """The one page. What is asked stands in its address."""
        return [PageRoute("GET", "/codes/preview", self.show, "promotions.read")]

    async def show(self, visit: Visit) -> Response:
        """The form, and what the cart in it costs."""
        typed = {name: _typed(visit, name) for name in _FIELDS}
        form = Form({name: [value] for name, value in typed.items() if value})
        prices: list[tuple[datetime | None, Priced]] = []
        asked: Asked | None = None
        if typed["lines"]:
            asked, form = await self._asked(visit, typed, form)
        if asked is not None:
            moments = [None, *([asked.at] if asked.at else [])]
            prices = [(moment, await self._price(asked, moment)) for moment in moments]
        groups = (await self._pricing.groups(ListGroups())).groups
        return visit.show(
            "price_preview.html",
            status=422 if form.errors else 200,
            form=form,
            asked=asked,
            prices=prices,
            groups=[("", visit.text("everybody else"))]
            + [(one.group.id, one.group.title) for one in groups],
            why=lambda reason, sentence: _why(visit, reason, sentence),
        )

    async def _price(self, asked: Asked, moment: datetime | None) -> Priced:
        sent = PreviewPrice(request=asked.request, at=moment, group=asked.group)
        return await self._pricing.preview(sent)

    async def _asked(
        self, visit: Visit, typed: Mapping[str, str], form: Form
    ) -> tuple[Asked | None, Form]:
        lines, form = await self._lines(visit, typed["lines"], form)
        at, shipping = None, None
        try:
            at = _moment(typed["at"])
        except ValueError:
            form = form.refused(visit.text("Type a date and a time."), at="at")
        try:
            if typed["shipping"]:
                shipping = visit.language.minor_units(typed["shipping"], STORE_CURRENCY)
        except NotAnAmountError:
            form = form.refused(visit.text("Type an amount of money."), at="shipping")
        if typed["country"] and not _COUNTRY.fullmatch(typed["country"]):
            wrong = visit.text("Type a country's two letters, such as US.")
            form = form.refused(wrong, at="country")
        if form.errors:
            return None, form
        address = None
        if typed["country"]:
            address = TaxAddress(country=typed["country"].upper(), region=typed["region"] or None)
        request = PriceRequest(
            lines=tuple(_price_line(one) for one in lines),
            codes=listed(typed["codes"]),
            address=address,
            shipping=shipping,
        )
        return Asked(lines, request, typed["group"] or None, at), form

    async def _lines(
        self, visit: Visit, typed: str, form: Form
    ) -> tuple[tuple[PricedLine, ...], Form]:
        found = [_LINE.match(one) for one in listed(typed, commas=False)]
        if len(found) > MOST_LINES:
            wrong = visit.text("These are too many lines: %(most)s at most.", most=MOST_LINES)
            return (), form.refused(wrong, at="lines")
        matches = [one for one in found if one is not None and int(one["units"] or 1) > 0]
        if len(matches) < len(found):
            wrong = visit.text("Type a SKU and a number of units on each line.")
            return (), form.refused(wrong, at="lines")
        skus = tuple(dict.fromkeys(one["sku"][:255] for one in matches))
        items = (await self._catalog.resolve(ResolveItems(ids=skus))).items
        unknown = [sku for sku in skus if sku not in items]
        if unknown:
            wrong = visit.text("Not on sale: %(skus)s.", skus=", ".join(unknown[:5]))
            return (), form.refused(wrong, at="lines")
        lines = (PricedLine(items[one["sku"]], int(one["units"] or 1)) for one in matches)
        return tuple(lines), form


def _typed(visit: Visit, name: str) -> str:
    return visit.request.query_params.get(name, "").replace("\r\n", "\n").strip()[:_LONGEST]


def _price_line(line: PricedLine) -> PriceLine:
    return PriceLine(
        sku=line.variant.sku,
        quantity=line.units,
        unit_price=line.variant.price,
        categories=line.variant.categories,
    )


def _moment(typed: str) -> datetime | None:
    if not typed:
        return None
    at = datetime.fromisoformat(typed)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _why(visit: Visit, reason: str, sentence: str) -> str:
    """Why a code does nothing: in the reader's words where the catalogue has them."""
    key = f"pricing.{reason}"
    found = visit.text(key)
    return sentence if found == key else found
