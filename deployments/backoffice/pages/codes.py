"""Discount codes: found, made, changed and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.code_form import KIND_NAMES, CodeForm, lines_of
from deployments.backoffice.pages.code_words import STATE_WORDS, CodeWords
from deployments.backoffice.visit import Visit
from deployments.foundation.values.money import STORE_CURRENCY
from deployments.pricing.contract import DiscountCode, PricingApi
from deployments.pricing.contract.codes import (
    CodeDocument,
    CodeKind,
    CodeState,
    GetCode,
    LimitTooLow,
    ListCodes,
    SaveCode,
    StaleRevision,
    TooManyCodes,
)
from deployments.pricing.contract.groups import ListGroups

_PAGE = 50
_LONGEST_CODE = 64
KINDS: tuple[CodeKind, ...] = get_args(CodeKind)
STATES: tuple[CodeState, ...] = get_args(CodeState)


_NEW: dict[str, object] = {
    **dict.fromkeys(CodeForm.model_fields, ""),
    "kind": "percent",
    "groups": (),
    "combinable": (),
    "enabled": ("yes",),
}
"""What the form of a new code holds before anybody types."""


class _Ended(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    revision: int
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class CodePages:
    """Seeing and changing codes, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/codes", self.list, "promotions.read"),
            PageRoute("GET", "/codes/new", self.ask, "promotions.change"),
            PageRoute("POST", "/codes/new", self.make, "promotions.change"),
            PageRoute("GET", "/codes/code/{code}", self.show, "promotions.read"),
            PageRoute("POST", "/codes/code/{code}", self.change, "promotions.change"),
            PageRoute("GET", "/codes/code/{code}/end", self.ask_to_end, "promotions.change"),
            PageRoute("POST", "/codes/code/{code}/end", self.end, "promotions.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """Codes by name; filters stand in the address."""
        typed = {name: visit.query(name) for name in ("q", "kind", "state")}
        wanted = ListCodes.model_validate(
            {
                "text": typed["q"],
                "kind": typed["kind"] or None,
                "state": typed["state"] or None,
                "cursor": visit.query("cursor") or 0,
                "limit": _PAGE,
            }
        )
        found = await self._pricing.list_codes(wanted)
        more = found.cursor and visit.url("/codes", **typed, cursor=found.cursor)
        return visit.show(
            "codes.html",
            found=found,
            typed=typed,
            more=more,
            words=CodeWords(visit.language),
            kinds=KIND_NAMES,
            states=STATE_WORDS,
        )

    async def ask(self, visit: Visit) -> Response:
        """The form for a new code."""
        return await self._form(visit, Form())

    async def make(self, visit: Visit) -> Response:
        """A new code."""
        typed, form = filled(CodeForm, visit.form, visit.language)
        if typed is None:
            return await self._form(visit, form)
        try:
            await self._save(visit, typed, None)
        except StaleRevision:
            taken = visit.text("There is a code of this name already.")
            return await self._form(visit, form.refused(taken, at="name"))
        except TooManyCodes as no:
            return await self._form(visit, form.refused(visit.language.rejection(no)))
        return visit.go(path_of("codes", "code", typed.name), visit.text("The code is saved."))

    async def show(self, visit: Visit) -> Response:
        """A code, with its form."""
        return await self._page(visit, Form())

    async def change(self, visit: Visit) -> Response:
        """A code as it shall be; what somebody else changed meanwhile is shown beside it."""
        document = await self._document(visit)
        # The name is what codes are known by, so it stays.
        kept = Form({**visit.form.values, "name": [document.code.code]})
        typed, form = filled(CodeForm, kept, visit.language)
        if typed is None:
            return await self._page(visit, form)
        try:
            await self._save(visit, typed, document.code)
        except StaleRevision as stale:
            return await self._page(visit, form, stale=stale.current, typed=typed)
        except LimitTooLow as no:
            refused = form.refused(visit.language.rejection(no), at="max_redemptions")
            return await self._page(visit, refused)
        return visit.go(path_of("codes", "code", typed.name), visit.text("The code is saved."))

    async def ask_to_end(self, visit: Visit) -> Response:
        """What ending a code means, in numbers."""
        return await self._end_page(visit, Form())

    async def end(self, visit: Visit) -> Response:
        """A code that nobody can use any more."""
        typed, form = filled(_Ended, visit.form, visit.language)
        if typed is None:
            return await self._end_page(visit, form)
        document = await self._document(visit)
        code = document.code.model_copy(update={"enabled": False})
        sent = SaveCode(
            author=visit.author, reason=typed.reason, code=code, revision=typed.revision
        )
        try:
            await self._pricing.save_code(sent)
        except StaleRevision as stale:
            return await self._end_page(visit, form.refused(visit.language.rejection(stale)))
        return visit.go(path_of("codes", "code", code.code), visit.text("The code is ended."))

    async def _document(self, visit: Visit) -> CodeDocument:
        code = str(visit.request.path_params["code"])[:_LONGEST_CODE]
        return await self._pricing.code(GetCode(code=code))

    async def _save(self, visit: Visit, typed: CodeForm, before: DiscountCode | None) -> None:
        sent = SaveCode(
            author=visit.author,
            reason=typed.reason,
            code=typed.code_as_typed(before),
            revision=None if before is None else typed.revision,
        )
        await self._pricing.save_code(sent)

    async def _page(
        self,
        visit: Visit,
        form: Form,
        *,
        stale: CodeDocument | None = None,
        typed: CodeForm | None = None,
    ) -> Response:
        document = stale or await self._document(visit)
        compared = []
        if stale is not None and typed is not None:
            words = CodeWords(visit.language)
            mine, theirs = typed.code_as_typed(stale.code), stale.code
            compared = [
                (label, told, now)
                for (label, told), (_, now) in zip(
                    words.rows(mine), words.rows(theirs), strict=True
                )
                if told != now
            ]
        return await self._form(visit, form, document, compared)

    async def _form(
        self,
        visit: Visit,
        form: Form,
        document: CodeDocument | None = None,
        compared: Sequence[tuple[str, str, str]] = (),
    ) -> Response:
        groups = (await self._pricing.groups(ListGroups())).groups
        return visit.show(
            "code.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            before=_fields(visit, document.code) if document else _NEW,
            compared=compared,
            words=CodeWords(visit.language),
            kinds=[(kind, visit.text(name)) for kind, name in KIND_NAMES.items()],
            states=STATE_WORDS,
            groups=[(one.group.id, one.group.title, "") for one in groups],
        )

    async def _end_page(self, visit: Visit, form: Form) -> Response:
        document = await self._document(visit)
        limit = document.code.max_redemptions
        return visit.show(
            "code_end.html",
            status=422 if form.values else 200,
            form=form,
            document=document,
            left=None if limit is None else limit - document.redeemed,
        )


def _fields(visit: Visit, code: DiscountCode) -> dict[str, object]:
    """A code as the fields of its form show it before anybody types."""
    language, bargain = visit.language, code.buy_get
    gets = bargain and bargain.gets
    return {
        "title": code.title,
        "kind": code.kind,
        "percent": language.typed_number(code.percent) if code.kind == "percent" else "",
        "amount": language.typed_money(code.amount, STORE_CURRENCY) if code.amount else "",
        "buy": bargain and bargain.buy,
        "get": bargain and bargain.get,
        "got_percent": bargain and language.typed_number(bargain.percent),
        "got_skus": lines_of(gets.skus) if gets else "",
        "got_categories": lines_of(gets.categories) if gets else "",
        "starts": code.starts.date().isoformat(),
        "ends": code.ends.date().isoformat(),
        "minimum_subtotal": (
            language.typed_money(code.minimum_subtotal, STORE_CURRENCY)
            if code.minimum_subtotal
            else ""
        ),
        "minimum_quantity": code.minimum_quantity or "",
        "max_redemptions": code.max_redemptions,
        "per_customer": code.per_customer,
        "skus": lines_of(code.scope.skus),
        "categories": lines_of(code.scope.categories),
        "groups": sorted(code.groups),
        "combinable": ["yes"] if code.combinable else [],
        "enabled": ["yes"] if code.enabled else [],
    }
