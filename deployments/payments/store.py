"""Payments' state in Redis.

| key | what |
| --- | --- |
| `{payments}:payment:<id>` | hash: the fields of `domain.Payment`, `captured_by`, `sequence` |
| `{payments}:attempts:<id>` | hash: provider key -> JSON of kind, amount, start, outcome, end |
| `{payments}:step:<key>` | hash: a step's answer, and whether it was undone; for a week |
| `{payments}:barrier` | foundation's `promises.py` |
| `{payments}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |

Every step is two scripts around one call of the provider: the attempt is written down before the
call and its outcome after it, together with what is published. A payment's hash also counts its
events, in `sequence`. Payments and attempts are kept for good; no token is among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.redis.connection import script
from deployments.foundation.redis.promises import Promises
from deployments.foundation.values.message import readable
from deployments.payments.contract import (
    AuthorisePayment,
    PaymentStep,
    RefundPayment,
    UndoAuthorisation,
)
from deployments.payments.domain.charges import Outcome, Verdict
from deployments.payments.domain.payments import Payment, StepReply, void_key

SERVICE = "payments"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"
Kind = Literal["authorise", "capture", "refund", "void"]
Fields = Mapping[str, object]


class PaymentsStore:
    """Payments and their attempts, in one Redis. Every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._promises = Promises(redis, SERVICE, step=True)
        self._begin = script(redis, _LUA / "begin.lua", "steps", _LUA / "payment")
        self._finish = script(redis, _LUA / "finish.lua", "steps", "publish", _LUA / "payment")

    async def begin_authorise(self, request: AuthorisePayment, at: datetime) -> StepReply:
        """Write down the payment and that it is being authorised."""
        fields = request.model_dump(include={"checkout_id", "amount", "currency"})
        fields["handler_id"] = request.instrument.handler_id
        step = PaymentStep(key=request.key, payment_id=request.payment_id)
        return await self._start("authorise", step, at, fields)

    async def finish_authorise(
        self, request: AuthorisePayment, verdict: Verdict, at: datetime
    ) -> StepReply:
        """Write down the verdict, unless the payment was undone meanwhile."""
        fields = {"outcome": verdict.outcome, "reference": verdict.reference}
        step = PaymentStep(key=request.key, payment_id=request.payment_id)
        return await self._end("authorise", step, at, fields)

    async def begin_capture(self, step: PaymentStep, at: datetime) -> StepReply:
        """Write down that the payment is being captured; nothing can void it any more."""
        return await self._start("capture", step, at, {})

    async def finish_capture(self, step: PaymentStep, at: datetime) -> StepReply:
        """Write down that it is."""
        return await self._end("capture", step, at, {})

    async def begin_refund(self, request: RefundPayment, at: datetime) -> StepReply:
        """Put the amount aside from what can be refunded."""
        step = PaymentStep(key=request.key, payment_id=request.payment_id)
        return await self._start("refund", step, at, {"amount": request.amount})

    async def finish_refund(self, request: RefundPayment, at: datetime) -> StepReply:
        """Write down that it was given back."""
        step = PaymentStep(key=request.key, payment_id=request.payment_id)
        by = request.author and {"author": request.author.model_dump(), "reason": request.reason}
        return await self._end("refund", step, at, {"by": by} if by else {})

    async def payment(self, payment_id: str) -> Payment | None:
        """How a payment stands."""
        found = cast(dict[str, str], await self._redis.hgetall(payment_key(payment_id)))
        return readable(Payment, found)

    async def begin_void(self, request: UndoAuthorisation, at: datetime) -> StepReply:
        """Leave the tombstone, and write down that the payment is being voided."""
        step = PaymentStep(key=request.undoes, payment_id=request.payment_id)
        return await self._start("void", step, at, {"void_key": void_key(step.key)})

    async def finish_void(
        self, request: UndoAuthorisation, found: Outcome, at: datetime
    ) -> StepReply:
        """Write down that it is, and what became of the authorisation."""
        fields = {"void_key": void_key(request.undoes), "found": found}
        step = PaymentStep(key=request.undoes, payment_id=request.payment_id)
        return await self._end("void", step, at, fields)

    async def _start(
        self, kind: Kind, step: PaymentStep, at: datetime, fields: Fields
    ) -> StepReply:
        words = _words(kind, step, at, fields)
        answer = await self._promises.run(self._begin, _keys(step), words)
        return StepReply.model_validate_json(answer)

    async def _end(self, kind: Kind, step: PaymentStep, at: datetime, fields: Fields) -> StepReply:
        answer = await self._promises.run(
            self._finish,
            [*_keys(step), *_STREAMS],
            [*_words(kind, step, at, fields), occasion(SERVICE, at)],
        )
        return StepReply.model_validate_json(answer)


def payment_key(payment_id: str) -> str:
    """Where a payment is."""
    return f"{{payments}}:payment:{payment_id}"


def attempts_key(payment_id: str) -> str:
    """Where the attempts at a payment are."""
    return f"{{payments}}:attempts:{payment_id}"


def _keys(step: PaymentStep) -> list[str]:
    payment_id = step.payment_id
    return [f"{{payments}}:step:{step.key}", payment_key(payment_id), attempts_key(payment_id)]


def _words(kind: Kind, step: PaymentStep, at: datetime, fields: Fields) -> list[str]:
    request = {**fields, "key": step.key, "payment_id": step.payment_id, "at": at.isoformat()}
    return [kind, json.dumps(request)]
