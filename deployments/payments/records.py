"""What is stored of payments, and of charges in the sandbox's books, as the audit may read it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.payments.domain.payments import Payment
from deployments.payments.sandbox_books import CHARGE
from deployments.payments.store import attempts_key, payment_key

__all__ = ["ChargeRecord", "Payment", "PaymentRecord", "PaymentRecords", "SandboxRecords"]


class PaymentRecord(NamedTuple):
    """What is stored of a payment.

    `payment` is none where there is none or it cannot be read; `captures` is how many attempts at
    capturing it took effect, `published` how many events there were about it. `unanswered` is since
    when the first attempt is under way of which the provider's answer is not known.
    """

    key: str
    found: bool
    payment: Payment | None
    captures: int
    published: int = 0
    unanswered: datetime | None = None


class PaymentRecords:
    """Payments of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """All payments that were ever begun, in batches."""
        return names(self._redis, payment_key(""))

    async def records(self, payment_ids: Sequence[str]) -> dict[str, PaymentRecord]:
        """What is stored under each of these ids, at one moment."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for payment_id in payment_ids:
                pipe.hgetall(payment_key(payment_id))
                pipe.hvals(attempts_key(payment_id))
            found = await pipe.execute()
        return {
            payment_id: _payment(payment_id, fields, [json.loads(text) for text in attempts])
            for payment_id, fields, attempts in zip(
                payment_ids, found[::2], found[1::2], strict=True
            )
        }


def _payment(
    payment_id: str, fields: Mapping[str, str], attempts: Sequence[Mapping[str, str]]
) -> PaymentRecord:
    captures = [one for one in attempts if one["kind"] == "capture"]
    unanswered = [one["started_at"] for one in attempts if "outcome" not in one]
    return PaymentRecord(
        key=payment_key(payment_id),
        found=bool(fields),
        payment=readable(Payment, fields),
        captures=sum(one.get("outcome") == "done" for one in captures),
        published=int(fields.get("sequence", 0)),
        unanswered=min(map(datetime.fromisoformat, unanswered), default=None),
    )


class ChargeRecord(NamedTuple):
    """A charge as the sandbox has it, amounts in minor units.

    `outcome` is none where there is no such charge; `captured` where nothing was taken.
    """

    key: str
    outcome: str | None
    amount: int
    currency: str | None
    captured: int | None
    refunded: int


class SandboxRecords:
    """The sandbox's books in one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """The keys under which charges were authorised, in batches."""
        return names(self._redis, CHARGE)

    async def records(self, authorised_by: Sequence[str]) -> dict[str, ChargeRecord]:
        """What the books have of each of these charges."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in authorised_by:
                fields = ["outcome", "amount", "currency", "captured", "refunded"]
                pipe.hmget(CHARGE + id_, fields)
            found = await pipe.execute()
        return {id_: _charge(id_, row) for id_, row in zip(authorised_by, found, strict=True)}


def _charge(id_: str, row: Sequence[str | None]) -> ChargeRecord:
    outcome, amount, currency, captured, refunded = row
    return ChargeRecord(
        key=CHARGE + id_,
        outcome=outcome,
        amount=int(amount or 0),
        currency=currency,
        captured=None if captured is None else int(captured),
        refunded=int(refunded or 0),
    )
