"""The checks of payments' own books: sums, events, and the books of the sandbox, its provider.

Payments writes down what it is going to do before it asks its provider, and what was done after
the answer. So a payment is read between two looks at its charge: at the first the provider has done
no more than payments had begun, and at the second no less than payments is sure of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.overdue import OVERDUE, in_words
from deployments.foundation.audit.published import CountedRecords, PublishedEvents, Truth, as_told
from deployments.foundation.events.publishing import Envelope
from deployments.payments.contract import SANDBOX_HANDLER, PaymentStatus
from deployments.payments.domain.payments import Payment
from deployments.payments.events import (
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
)
from deployments.payments.records import (
    ChargeRecord,
    PaymentRecord,
    PaymentRecords,
    SandboxRecords,
)

_HELD: frozenset[PaymentStatus] = frozenset({"authorised", "capturing", "captured"})
_TAKING: frozenset[PaymentStatus] = frozenset({"capturing", "captured"})
_NOT_HELD: frozenset[PaymentStatus] = frozenset({"declined", "voided"})
_PAYMENT_STATES = {
    PaymentCaptured.type: "captured",
    PaymentDeclined.type: "declined",
    PaymentVoided.type: "voided",
}


class PaymentsAudit:
    """The checks, over one Redis. Their memory grows with the payments."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records, self._sandbox = PaymentRecords(redis), SandboxRecords(redis)

    async def sums(self) -> Findings:
        """Every payment by itself."""
        count, wrong = await self._inspection.each(self._records.ids(), self._each)
        return Findings({"payments": count}, tuple(wrong))

    async def _each(self, ids: Sequence[str]) -> Suspects:
        now = await self._inspection.now(self._redis)
        records = await self._records.records(ids)
        return suspects(
            (id_, [*payment_is_whole(record), *payment_is_answered(record, now)])
            for id_, record in records.items()
        )

    async def provider(self) -> Findings:
        """Every payment of the sandbox, then every charge that none of them knows."""
        charges = [id_ async for batch in self._sandbox.ids() for id_ in batch]
        known = set[str]()

        async def examine(ids: Sequence[str]) -> Suspects:
            return await self._charged(ids, known)

        payments, wrong = await self._inspection.each(self._records.ids(), examine)
        strange = [
            Discrepancy("charge_of_no_payment", (charge.key,), f"It is {charge.outcome}.")
            for charge in (await self._sandbox.records(sorted({*charges} - known))).values()
        ]
        counts = {"payments": payments, "charges": len(charges)}
        return Findings(counts, (*wrong, *strange))

    async def _charged(self, ids: Sequence[str], known: set[str]) -> Suspects:
        """`known` collects the keys under which payments were authorised."""
        named = _authorised_by(await self._read(ids))
        before = await self._sandbox.records(named)
        payments = await self._read(ids)
        after = await self._sandbox.records(named)
        known.update(_authorised_by(payments))
        return suspects(
            (id_, payment_is_at_its_provider(key, payment, before[by], after[by]))
            for id_, (key, payment) in payments.items()
            if (by := payment.authorised_by) in after
        )

    async def _read(self, ids: Sequence[str]) -> dict[str, tuple[str, Payment]]:
        """Those that the sandbox takes, by id, with the key of each."""
        records = await self._records.records(ids)
        return {
            id_: (record.key, record.payment)
            for id_, record in records.items()
            if record.payment is not None and record.payment.handler_id == SANDBOX_HANDLER
        }

    async def events(self) -> Findings:
        """What was published of payments."""
        records = self._records
        truth = Truth(records.records, payment_is_published)
        counts = CountedRecords(records.ids, records.records)
        return await PublishedEvents(
            "payments", self._redis, self._inspection, truth, counts
        ).check()


def _authorised_by(payments: dict[str, tuple[str, Payment]]) -> list[str]:
    return [payment.authorised_by for _, payment in payments.values()]


def payment_is_whole(record: PaymentRecord) -> Iterator[Discrepancy]:
    """A payment can be read; what is captured was captured once and whole, and not more is given
    back."""
    keys, payment = (record.key,), record.payment
    if payment is None:
        if record.found:
            yield Discrepancy("payment_unreadable", keys, "The payment cannot be read.")
        return
    due = payment.amount if payment.status == "captured" else 0
    if payment.captured != due:
        what = f"{payment.captured} of {payment.amount} are captured; it is {payment.status}."
        yield Discrepancy("captured_amount", keys, what)
    if record.captures != (payment.status == "captured"):
        what = f"It was captured {record.captures} times; it is {payment.status}."
        yield Discrepancy("captured_times", keys, what)
    back = payment.refunded + payment.refunding
    if back > payment.captured or min(payment.refunded, payment.refunding) < 0:
        what = f"{back} of {payment.captured} captured are given back."
        yield Discrepancy("refunded_amount", keys, what)


def payment_is_answered(record: PaymentRecord, now: datetime) -> Iterator[Discrepancy]:
    """What the provider was asked is asked again until its answer is known."""
    if record.unanswered is not None and now - record.unanswered > OVERDUE:
        since = in_words(now - record.unanswered)
        what = f"The provider was asked {since} ago, and its answer is not known."
        yield Discrepancy("payment_unanswered", (record.key,), what)


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


def payment_is_published(
    key: str, envelope: Envelope, record: PaymentRecord
) -> Iterator[Discrepancy]:
    """A payment is of the amount that was told, and in the state if that one is final."""
    keys, payment = (key, record.key), record.payment
    if not record.found:
        yield Discrepancy("no_such_payment", keys, f"It was told as {envelope.type}.")
    if payment is None:
        return
    written = payment.model_dump(include={"checkout_id", "amount", "currency"})
    yield from as_told("payment_differs", keys, envelope.data, written)
    if not _is_so(envelope, payment):
        what = f"It was told as {envelope.type}, but is {payment.status}."
        yield Discrepancy("payment_state_differs", keys, what)


def _is_so(envelope: Envelope, payment: Payment) -> bool:
    if envelope.type == PaymentRefunded.type:
        return payment.refunded >= int(envelope.data.get("refunded", 0))
    return payment.status == _PAYMENT_STATES.get(envelope.type, payment.status)
