"""Payments with the books of the sandbox, their provider: what is thought taken was taken.

Payments writes down what it is going to do before it asks its provider, and what was done after
the answer. So a payment is read between two looks at its charge: at the first the provider has done
no more than payments had begun, and at the second no less than payments is sure of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.payments.contract import SANDBOX_HANDLER
from deployments.payments.domain.payments import Payment, Status
from deployments.payments.records import ChargeRecord

_HELD: frozenset[Status] = frozenset({"authorised", "capturing", "captured"})
_TAKING: frozenset[Status] = frozenset({"capturing", "captured"})
_NOT_HELD: frozenset[Status] = frozenset({"declined", "voided"})


class Provider:
    """The check, over one set of books. Its memory grows with the payments."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: set[str] = set()
        """The keys under which payments were authorised."""

    async def check(self) -> Findings:
        """Every payment of the sandbox, then every charge that none of them knows."""
        books = self._books
        charges = [id_ async for batch in books.sandbox.ids() for id_ in batch]
        payments, wrong = await inspect(books.payments.ids(), self._payments, books)
        strange = [
            Discrepancy("charge_of_no_payment", (charge.key,), f"It is {charge.outcome}.")
            for charge in (await books.sandbox.records(sorted({*charges} - self._known))).values()
        ]
        counts = {"payments": payments, "charges": len(charges)}
        return Findings(counts, (*wrong, *strange))

    async def _payments(self, ids: Sequence[str]) -> Suspects:
        named = _authorised_by(await self._read(ids))
        before = await self._books.sandbox.records(named)
        payments = await self._read(ids)
        after = await self._books.sandbox.records(named)
        self._known.update(_authorised_by(payments))
        return suspects(
            (id_, payment_is_at_its_provider(key, payment, before[by], after[by]))
            for id_, (key, payment) in payments.items()
            if (by := payment.authorised_by) in after
        )

    async def _read(self, ids: Sequence[str]) -> dict[str, tuple[str, Payment]]:
        """Those that the sandbox takes, by id, with the key of each."""
        records = await self._books.payments.records(ids)
        return {
            id_: (record.key, record.payment)
            for id_, record in records.items()
            if record.payment is not None and record.payment.handler_id == SANDBOX_HANDLER
        }


def _authorised_by(payments: dict[str, tuple[str, Payment]]) -> list[str]:
    return [payment.authorised_by for _, payment in payments.values()]


def payment_is_at_its_provider(
    key: str, payment: Payment, before: ChargeRecord, after: ChargeRecord
) -> Iterator[Discrepancy]:
    """The provider holds, took and gave back what payments thinks; see this module's text."""
    keys, status = (key, after.key), payment.status
    if status in _HELD:
        held = (after.amount, after.currency) if after.outcome == "held" else None
        if held != (payment.amount, payment.currency):
            said = (
                f"{after.amount} {after.currency}, {after.outcome}" if after.outcome else "nothing"
            )
            what = (
                f"It is {status} with {payment.amount} {payment.currency}, the provider has {said}."
            )
            yield Discrepancy("not_held_by_provider", keys, what)
    if status in _NOT_HELD and after.outcome == "held":
        yield Discrepancy("still_held_by_provider", keys, f"It is {status}, but still held.")
    if status == "captured" and (after.captured or 0) < payment.captured:
        what = f"{payment.captured} are captured, the provider took {after.captured or 0}."
        yield Discrepancy("not_taken_by_provider", keys, what)
    begun = payment.amount if status in _TAKING else 0
    if (before.captured or 0) > begun:
        what = f"It is {status} with {payment.amount}, the provider took {before.captured}."
        yield Discrepancy("taken_by_provider", keys, what)
    yield from _refunds_agree(keys, payment, before, after)


def _refunds_agree(
    keys: tuple[str, str], payment: Payment, before: ChargeRecord, after: ChargeRecord
) -> Iterator[Discrepancy]:
    begun = payment.refunded + payment.refunding
    if before.refunded > begun or after.refunded < payment.refunded:
        what = f"{payment.refunded} were given back, by the provider {after.refunded}."
        yield Discrepancy("refunds_of_provider", keys, what)
