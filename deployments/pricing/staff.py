"""What staff see and change of codes: a part of pricing's API."""

from __future__ import annotations

from dataclasses import replace

from deployments.foundation.values.clock import Clock
from deployments.pricing.changes_told import code_change, list_removal, rule_change
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
from deployments.pricing.contract.groups import (
    MAX_GROUPS,
    CustomerGroup,
    GroupDocument,
    GroupList,
    ListGroups,
    SaveGroup,
    StaleRule,
    TooManyRules,
    UnknownRule,
)
from deployments.pricing.contract.price_lists import (
    MAX_PRICE_LISTS,
    ListOffers,
    ListPriceLists,
    OfferList,
    PriceList,
    PriceListDocument,
    PriceListRemoved,
    PriceLists,
    RemovePriceList,
    SavePriceList,
)
from deployments.pricing.contract.prices import Priced
from deployments.pricing.domain import prices
from deployments.pricing.domain.codes import folded, state_of
from deployments.pricing.staff_store import RuleSaved, Saved, StaffPricingStore
from deployments.pricing.store import GROUPS, PRICE_LISTS, PricingStore

RULE_TITLES = {GROUPS: "Group", PRICE_LISTS: "Price list"}


class StaffPricing:
    """Implements `PricingForStaff`."""

    def __init__(self, store: PricingStore, staff: StaffPricingStore, clock: Clock) -> None:
        self._rules, self._staff_store, self._now = store, staff, clock

    async def code(self, request: GetCode) -> CodeDocument:
        """A code as it is now."""
        found = await self._staff_store.code(request.code)
        if found is None:
            raise _unknown(request.code)
        return self._as_of_now(found)

    async def list_codes(self, request: ListCodes) -> CodePage:
        """A page of codes, by name."""
        text = fold(request.text)
        found = [
            one
            for one in map(self._as_of_now, await self._staff_store.codes())
            if request.enabled in {None, one.code.enabled}
            and request.kind in {None, one.code.kind}
            and request.state in {None, one.state}
            and (text in fold(one.code.code) or text in fold(one.code.title))
        ]
        end = request.cursor + request.limit
        more = end if end < len(found) else None
        return CodePage(codes=tuple(found[request.cursor : end]), total=len(found), cursor=more)

    async def save_code(self, request: SaveCode) -> CodeDocument:
        """Make or change a code."""
        now, seen = self._now(), await self._staff_store.code(request.code.code)
        if seen is not None and seen.code == request.code:
            return self._as_of_now(seen)
        if seen is not None and seen.revision != request.revision:
            raise _stale(self._as_of_now(seen))
        saved = await self._staff_store.save(request, code_change(request, seen, now), now)
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
        group = None if request.group is None else frozenset({request.group})
        now = request.at or self._now()
        return prices.price(asked, rules, redemptions, now, groups=group)

    def _as_of_now(self, found: CodeDocument) -> CodeDocument:
        state = state_of(found.code, found.redeemed, self._now())
        return found.model_copy(update={"state": state})

    async def groups(self, request: ListGroups) -> GroupList:  # noqa: ARG002 - all of them.
        """All customer groups."""
        found = await self._staff_store.rules(GROUPS)
        return GroupList(
            groups=tuple(
                GroupDocument(group=CustomerGroup.model_validate_json(row), revision=revision)
                for row, revision in found
            )
        )

    async def save_group(self, request: SaveGroup) -> GroupDocument:
        """Make or change a group."""
        wanted = request.group
        known = {one.group.id: one for one in (await self.groups(ListGroups())).groups}
        seen = known.get(wanted.id)
        if seen is not None and seen.group == wanted:
            return seen
        change = rule_change("group", wanted, seen.group if seen else None, request, self._now())
        saved = RuleSaved(wanted.id, wanted.model_dump_json(), request.revision, MAX_GROUPS, change)
        return GroupDocument(group=wanted, revision=await self._save_rule(GROUPS, saved))

    async def price_lists(self, request: ListPriceLists) -> PriceLists:  # noqa: ARG002 - all.
        """All price lists."""
        found = await self._staff_store.rules(PRICE_LISTS)
        return PriceLists(
            price_lists=tuple(
                PriceListDocument(price_list=PriceList.model_validate_json(row), revision=revision)
                for row, revision in found
            )
        )

    async def save_price_list(self, request: SavePriceList) -> PriceListDocument:
        """Make or change a price list."""
        wanted = request.price_list
        lists = (await self.price_lists(ListPriceLists())).price_lists
        seen = next((one for one in lists if one.price_list.id == wanted.id), None)
        if seen is not None and seen.price_list == wanted:
            return seen
        before = seen.price_list if seen else None
        change = rule_change("price_list", wanted, before, request, self._now())
        saved = RuleSaved(
            wanted.id, wanted.model_dump_json(), request.revision, MAX_PRICE_LISTS, change
        )
        revision = await self._save_rule(PRICE_LISTS, saved)
        return PriceListDocument(price_list=wanted, revision=revision)

    async def remove_price_list(self, request: RemovePriceList) -> PriceListRemoved:
        """Remove a price list."""
        lists = (await self.price_lists(ListPriceLists())).price_lists
        seen = next((one for one in lists if one.price_list.id == request.id), None)
        if seen is None:
            raise _no_rule(PRICE_LISTS, request.id)
        change = list_removal(request, seen.price_list, self._now())
        outcome = await self._staff_store.remove_rule(
            PRICE_LISTS, request.id, request.revision, change, self._now()
        )
        if outcome == "stale":
            raise _stale_rule(PRICE_LISTS, request.id)
        if outcome == "unknown":
            raise _no_rule(PRICE_LISTS, request.id)
        return PriceListRemoved(id=request.id)

    async def offers(self, request: ListOffers) -> OfferList:  # noqa: ARG002 - all of them.
        """All automatic offers."""
        rules, _ = await self._rules.read(())
        known = {one.id: one for found in rules.offers.values() for one in found}
        return OfferList(offers=tuple(known[id_] for id_ in sorted(known)))

    async def _save_rule(self, key: str, change: RuleSaved) -> int:
        """The new revision."""
        outcome, revision = await self._staff_store.save_rule(key, change, self._now())
        if outcome == "stale":
            raise _stale_rule(key, change.id)
        if outcome == "unknown":
            raise _no_rule(key, change.id)
        if outcome == "full":
            sentence = f"There are {change.most} of these already. Change one of them."
            raise TooManyRules(sentence, limit=change.most)
        return revision


def _stale_rule(key: str, id_: str) -> StaleRule:
    sentence = f"{RULE_TITLES[key]} '{id_}' was changed meanwhile. Look at it, and save again."
    return StaleRule(sentence, id=id_)


def _no_rule(key: str, id_: str) -> UnknownRule:
    return UnknownRule(f"There is no {RULE_TITLES[key].lower()} '{id_}'.", id=id_)


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
