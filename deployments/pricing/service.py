"""Pricing's contract, answered."""

from __future__ import annotations

from deployments.foundation.rpc.rejection import StepUndone
from deployments.foundation.values.clock import Clock, utc_now
from deployments.pricing.contract import (
    CodeUnavailable,
    ImportRules,
    Priced,
    PriceRequest,
    RedeemCodes,
    Redeemed,
    RulesImported,
    UndoRedemption,
    fold,
)
from deployments.pricing.domain import prices
from deployments.pricing.domain.codes import folded
from deployments.pricing.staff import StaffPricing
from deployments.pricing.staff_store import StaffPricingStore
from deployments.pricing.store import PricingStore


class PricingService(StaffPricing):
    """One method per contract method; none makes a handle call."""

    def __init__(
        self, store: PricingStore, staff: StaffPricingStore, clock: Clock = utc_now
    ) -> None:
        super().__init__(store, staff, clock)
        self._store, self._clock = store, clock

    async def price(self, request: PriceRequest) -> Priced:
        """Discounts with allocations, tax and totals by the rules in force now."""
        rules, redemptions = await self._store.read(folded(request.codes))
        return prices.price(request, rules, redemptions, self._clock())

    async def redeem(self, request: RedeemCodes) -> Redeemed:
        """Claim each code once, however often it is named."""
        codes = {fold(code): code for code in request.codes}
        outcome, *unavailable = await self._store.redeem(
            request.key, list(codes), request.customer, self._clock()
        )
        if outcome == "undone":
            raise StepUndone("This redemption was undone before it arrived.")
        if outcome == "unavailable":
            code = codes[unavailable[0]]
            sentence = f"Code '{code}' can no longer be redeemed. Remove it and check the total."
            raise CodeUnavailable(sentence, unavailable=code)
        return Redeemed()

    async def undo_redemption(self, request: UndoRedemption) -> Redeemed:
        """Give the claims back, once, whether or not the step ever arrived."""
        await self._store.undo(request.undoes)
        return Redeemed()

    async def import_rules(self, request: ImportRules) -> RulesImported:
        """Take in a batch, once; a row of the same id, code or region replaces the older one."""
        return RulesImported(count=await self._store.import_rules(request))
