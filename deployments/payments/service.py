"""Payments' service: one method per method of its contract."""

from __future__ import annotations

from deployments.foundation.values.clock import Clock, utc_now
from deployments.payments.contract import (
    Authorisation,
    AuthorisePayment,
    GetPayment,
    PaymentNotFound,
    PaymentShown,
    PaymentStep,
    RefundPayment,
    Settled,
    UndoAuthorisation,
)
from deployments.payments.domain.charges import Charge, Outcome
from deployments.payments.domain.payments import Payment, StepReply, void_key
from deployments.payments.domain.rejections import not_possible, rejection_of, taken, undone
from deployments.payments.metrics import PaymentMetrics
from deployments.payments.provider import PaymentProvider, Providers
from deployments.payments.store import PaymentsStore


class PaymentsService:
    """Implements `PaymentsApi`.

    A step whose provider gave no answer raises what the provider raised and stays open. Repeated
    under its key it is taken to its end; `void` ends an authorisation without its instrument.
    """

    def __init__(
        self,
        store: PaymentsStore,
        providers: Providers,
        clock: Clock = utc_now,
        metrics: PaymentMetrics | None = None,
    ) -> None:
        self._store, self._providers, self._clock = store, providers, clock
        self._metrics = metrics or PaymentMetrics()

    async def authorise(self, request: AuthorisePayment) -> Authorisation:
        """See `PaymentsApi`."""
        provider = self._providers.for_instrument(request.instrument)
        reply = await self._store.begin_authorise(request, self._clock())
        if reply.say == "call":
            reply = await self._charge(provider, request, reply.known)
        return _authorisation(request, reply)

    async def _charge(
        self, provider: PaymentProvider, request: AuthorisePayment, payment: Payment
    ) -> StepReply:
        charge = Charge(request.key, payment.amount, payment.currency, request.instrument)
        verdict = await provider.authorise(charge)
        self._metrics.authorised(verdict.outcome)
        reply = await self._store.finish_authorise(request, verdict, self._clock())
        if reply.say == "undone" and verdict.outcome == "held":
            # The undo came while the provider was asked, and may have found nothing to let go.
            await provider.void(void_key(request.key), reply.known.hold)
        return reply

    async def capture(self, request: PaymentStep) -> Settled:
        """See `PaymentsApi`."""
        reply = await self._store.begin_capture(request, self._clock())
        if reply.say == "impossible":
            raise not_possible("Capture", reply.payment)
        if reply.say == "call":
            provider = self._providers.of(reply.known.handler_id)
            await provider.capture(request.key, reply.known.hold)
            await self._store.finish_capture(request, self._clock())
        return Settled()

    async def void(self, request: UndoAuthorisation) -> Settled:
        """See `PaymentsApi`."""
        reply = await self._store.begin_void(request, self._clock())
        if reply.say == "impossible":
            raise not_possible("Void", reply.payment)
        if reply.say == "call":
            found = await self._let_go(reply.known)
            await self._store.finish_void(request, found, self._clock())
        return Settled()

    async def _let_go(self, payment: Payment) -> Outcome:
        """Void at the provider; what became of the authorisation."""
        provider, hold = self._providers.of(payment.handler_id), payment.hold
        found = await provider.look_up(hold.key) if hold.reference is None else None
        if found is not None and found.outcome != "held":
            return found.outcome
        await provider.void(void_key(hold.key), hold)
        return "voided" if found is None else found.outcome

    async def refund(self, request: RefundPayment) -> Settled:
        """See `PaymentsApi`."""
        reply = await self._store.begin_refund(request, self._clock())
        if reply.say == "impossible":
            raise not_possible("This refund", reply.payment)
        if reply.say == "call":
            provider, amount = self._providers.of(reply.known.handler_id), reply.amount or 0
            await provider.refund(request.key, reply.known.hold, amount)
            await self._store.finish_refund(request, self._clock())
        return Settled()

    async def payment(self, request: GetPayment) -> PaymentShown:
        """See `PaymentsApi`."""
        found = await self._store.payment(request.payment_id)
        if found is None:
            raise PaymentNotFound("There is no such payment.")
        return PaymentShown(payment_id=request.payment_id, **found.model_dump())


def _authorisation(request: AuthorisePayment, reply: StepReply) -> Authorisation:
    if reply.say == "impossible":
        raise taken()
    if reply.say == "undone":
        raise undone()
    rejection = rejection_of(reply.outcome)
    if rejection is not None:
        raise rejection
    return Authorisation(payment_id=request.payment_id, amount=reply.known.amount)
