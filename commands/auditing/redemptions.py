"""Discount codes: redeemed no more often than they may be, and each time for a placed order.

A code's count is proved by the steps that redeemed it and were not undone. A step belongs to the
saga that its name begins with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.checkout.contract import Session
from deployments.checkout.records import SagaRecord, SessionRecord
from deployments.pricing.domain.rules import fold
from deployments.pricing.store import CodeRecord


class Redemptions:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._of_no_saga: dict[str, list[str]] = defaultdict(list)
        """By saga that is not on record, the keys of what it redeemed."""

    async def check(self) -> Findings:
        """Every code, every step that redeemed it, and every checkout that used it."""
        books, codes, steps = self._books, list[CodeRecord](), 0
        async for records in books.pricing.redemptions():
            codes += records
        _, wrong = await inspect(_once([code.code for code in codes]), self._counts, books)
        for code in codes:
            found = books.pricing.redeeming_steps(code.code)
            count, idle = await inspect(found, partial(self._steps, code), books)
            steps, wrong = steps + count, [*wrong, *idle]
        sessions, unproved = await inspect(books.checkout.session_ids(), self._sessions, books)
        counts = {"codes": len(codes), "redemptions": steps, "checkouts": sessions}
        return Findings(counts, (*wrong, *await self._without_order(), *unproved))

    async def _counts(self, codes: Sequence[str]) -> Suspects:
        records = await self._books.pricing.records(codes)
        return suspects((record.code, count_is_right(record)) for record in records)

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


async def _once(codes: list[str]) -> AsyncIterator[list[str]]:
    yield codes


def _key(code: CodeRecord, step: str) -> str:
    return f"{code.key} {step}"


def codes_of(session: Session) -> frozenset[str]:
    """The codes that lower a session's total, folded as pricing keeps them."""
    return frozenset(fold(found.code) for found in session.priced.discounts if found.code)


def count_is_right(record: CodeRecord) -> Iterator[Discrepancy]:
    """A code's count is that of its steps, and within its limit."""
    keys = (record.key,)
    if record.redeemed != record.standing:
        what = f"{record.redeemed} redemptions are counted, {record.standing} steps stand."
        yield Discrepancy("count_differs", keys, what)
    if record.rule is None:
        yield Discrepancy("code_unknown", keys, f"It was redeemed {record.redeemed} times.")
        return
    limit = record.rule.max_redemptions
    if limit is not None and max(record.redeemed, record.standing) > limit:
        what = f"{max(record.redeemed, record.standing)} redemptions of a code for {limit}."
        yield Discrepancy("over_the_limit", keys, what)


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
