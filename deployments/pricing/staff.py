"""What staff see and change of codes: a part of pricing's API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from deployments.foundation.values.authorship import Change
from deployments.foundation.values.clock import Clock
from deployments.pricing.contract.codes import (
    MAX_CODES_KEPT,
    CodeDocument,
    CodePage,
    GetCode,
    LimitTooLow,
    ListCodes,
    PreviewPrice,
    SaveCode,
    StaleRevision,
    TooManyCodes,
    UnknownCode,
    fold,
)
from deployments.pricing.contract.prices import Priced
from deployments.pricing.domain import prices
from deployments.pricing.domain.codes import folded
from deployments.pricing.events import CodeChanged
from deployments.pricing.staff_store import Saved, StaffPricingStore
from deployments.pricing.store import PricingStore


class StaffPricing:
    """Implements `PricingForStaff`."""

    def __init__(self, store: PricingStore, staff: StaffPricingStore, clock: Clock) -> None:
        self._rules, self._staff_store, self._now = store, staff, clock

    async def code(self, request: GetCode) -> CodeDocument:
        """A code as it is now."""
        found = await self._staff_store.code(request.code)
        if found is None:
            raise _unknown(request.code)
        return found

    async def list_codes(self, request: ListCodes) -> CodePage:
        """A page of codes, by name."""
        text = fold(request.text)
        found = [
            one
            for one in await self._staff_store.codes()
            if request.enabled in {None, one.code.enabled}
            and (text in fold(one.code.code) or text in fold(one.code.title))
        ]
        end = request.cursor + request.limit
        more = end if end < len(found) else None
        return CodePage(codes=tuple(found[request.cursor : end]), total=len(found), cursor=more)

    async def save_code(self, request: SaveCode) -> CodeDocument:
        """Make or change a code."""
        now, seen = self._now(), await self._staff_store.code(request.code.code)
        if seen is not None and seen.code == request.code:
            return seen
        if seen is not None and seen.revision != request.revision:
            raise _stale(seen)
        saved = await self._staff_store.save(request, _event(request, seen, now), now)
        if saved.outcome in {"unknown", "low", "full"}:
            raise _rejection(request, saved)
        current = await self.code(GetCode(code=request.code.code))
        if saved.outcome == "stale":
            raise _stale(current)
        return current

    async def preview(self, request: PreviewPrice) -> Priced:
        """Price a cart as of a moment, as `price` would then."""
        asked = request.request
        rules, redemptions = await self._rules.read(folded(asked.codes))
        if request.draft is not None:
            codes = {**rules.codes, fold(request.draft.code): request.draft}
            rules = replace(rules, codes=codes)
        return prices.price(asked, rules, redemptions, request.at or self._now())


def _event(request: SaveCode, seen: CodeDocument | None, now: datetime) -> CodeChanged:
    """What is published; true if the code still is at the revision that was seen."""
    after: dict[str, JsonValue] = request.code.model_dump(mode="json")
    before: dict[str, JsonValue] = seen.code.model_dump(mode="json") if seen else {}
    differ = [name for name in after if before.get(name) != after[name]]
    code = fold(request.code.code)
    change = Change(
        author=request.author,
        subject=f"pricing/code/{code}",
        action="code_changed" if seen else "code_created",
        before={name: before[name] for name in differ if name in before},
        after={name: after[name] for name in differ},
        reason=request.reason,
        at=now,
    )
    return CodeChanged(code=code, enabled=request.code.enabled, change=change)


def _rejection(request: SaveCode, saved: Saved) -> UnknownCode | LimitTooLow | TooManyCodes:
    code = request.code.code
    if saved.outcome == "unknown":
        return _unknown(code)
    if saved.outcome == "low":
        times = saved.redeemed
        sentence = f"Code '{code}' was redeemed {times} times. Allow as many, or disable it."
        return LimitTooLow(sentence, redeemed=times)
    sentence = f"There are {MAX_CODES_KEPT} codes already. Change one that is over."
    return TooManyCodes(sentence, limit=MAX_CODES_KEPT)


def _stale(current: CodeDocument) -> StaleRevision:
    sentence = f"Code '{current.code.code}' was changed meanwhile. Compare, and save again."
    return StaleRevision(sentence, current=current)


def _unknown(code: str) -> UnknownCode:
    return UnknownCode(f"There is no code '{code}'. Look for it in the list.", unknown=code)
