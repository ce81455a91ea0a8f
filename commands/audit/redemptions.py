"""Redemptions of discount codes with the checkouts that they were made for.

A redemption stands by a step that was not undone, which belongs to the saga that its name begins
with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from commands.audit.books import Books
from deployments.checkout.contract import Session
from deployments.checkout.records import SagaRecord, SessionRecord
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.pricing.records import CodeRecord, PricingRecords


class RedemptionsAndCheckouts:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._of_no_saga: dict[str, list[str]] = defaultdict(list)
        """By saga that is not on record, the keys of what it redeemed."""

    async def check(self) -> Findings:
        """Every step that redeemed a code, and every checkout that used it."""
        inspection, books, steps = self._books.inspection, self._books, 0
        wrong: list[Discrepancy] = []
        async for codes in books.pricing.codes():
            for code in (await books.pricing.records(codes)).values():
                found = books.pricing.redeeming_steps(code.code)
                count, idle = await inspection.each(found, partial(self._steps, code))
                steps, wrong = steps + count, [*wrong, *idle]
        sessions, unproved = await inspection.each(books.checkout.session_ids(), self._sessions)
        counts = {"redemptions": steps, "checkouts": sessions}
        return Findings(counts, (*wrong, *await self._without_order(), *unproved))

    async def _steps(self, code: CodeRecord, steps: Sequence[str]) -> Suspects:
        of = {step: step.rpartition(":")[0] for step in steps}
        sagas = await self._books.checkout.sagas(sorted(set(of.values())))
        stands = await self._books.pricing.stand(code.code, steps)
        standing = {step: sagas[of[step]] for step, so in zip(steps, stands, strict=True) if so}
        named = {saga.session_id for saga in standing.values()}
        sessions = await self._books.checkout.sessions(sorted(named))
        for step, saga in standing.items():
            if saga.stage is None and (key := _key(code, step)) not in self._of_no_saga[saga.id]:
                self._of_no_saga[saga.id].append(key)
        return suspects(
            (step, redemption_is_used(code, step, saga, sessions[saga.session_id]))
            for step, saga in standing.items()
        )

    async def _without_order(self) -> list[Discrepancy]:
        """What was redeemed by sagas so old that only their orders are left, and by none."""
        unknown = dict(self._of_no_saga)
        if unknown:
            async for ids in self._books.orders.ids():
                for record in (await self._books.orders.records(ids)).values():
                    if record.order is not None:
                        unknown.pop(record.order.reservation_id, None)
        return [
            Discrepancy("redeemed_by_nobody", (key,), "There is neither a saga nor an order.")
            for keys in unknown.values()
            for key in keys
        ]

    async def _sessions(self, ids: Sequence[str]) -> Suspects:
        used: dict[str, dict[str, SessionRecord]] = defaultdict(dict)
        for record in (await self._books.checkout.sessions(ids)).values():
            if record.session is not None and record.session.status == "completed":
                for code in codes_of(record.session):
                    used[code][f"{record.saga}:redeem"] = record
        found: Suspects = defaultdict(list)
        for code, steps in used.items():
            stands = await self._books.pricing.stand(code, list(steps))
            for record, so in zip(steps.values(), stands, strict=True):
                if not so and record.session is not None:
                    what = f"It is completed with the code {code!r}, which it did not redeem."
                    found[record.session.id].append(
                        Discrepancy("not_redeemed", (record.key,), what)
                    )
        return dict(found)


def _key(code: CodeRecord, step: str) -> str:
    return f"{code.key} {step}"


def codes_of(session: Session) -> frozenset[str]:
    """The codes that lower a session's total, folded as pricing keeps them."""
    return frozenset(
        PricingRecords.folded(found.code) for found in session.priced.discounts if found.code
    )


def redemption_is_used(
    code: CodeRecord, step: str, saga: SagaRecord, record: SessionRecord
) -> Iterator[Discrepancy]:
    """A redemption that stands lowers the total of a checkout that its saga completed."""
    keys = (_key(code, step), saga.key)
    if saga.stage == "undone":
        yield Discrepancy("not_given_back", keys, "The saga is undone, its redemption stands.")
    if saga.stage != "done" or record.session is None:
        return
    if code.code not in codes_of(record.session):
        what = "The code lowers nothing in the checkout that it was redeemed for."
        yield Discrepancy("redeemed_for_nothing", (*keys, record.key), what)
