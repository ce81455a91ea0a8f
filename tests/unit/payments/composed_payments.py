"""Payments composed for tests: the service, its sandbox's books, and what a client would send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from pydantic import SecretStr
from redis.asyncio import Redis

from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.authorship import Author
from deployments.payments.contract import (
    CARD,
    SANDBOX_HANDLER,
    TOKEN,
    AuthorisePayment,
    Instrument,
    PaymentStep,
    RefundPayment,
    UndoAuthorisation,
)
from deployments.payments.deployment import compose
from deployments.payments.provider import PaymentProvider
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from deployments.payments.service import PaymentsService


def card(token: str = "success_token", **changed: str) -> Instrument:
    fields = {"handler_id": SANDBOX_HANDLER, "type": CARD, "credential_type": TOKEN} | changed
    return Instrument(**fields, token=SecretStr(token))


def charge(
    saga: str = "s1", amount: int = 1000, instrument: Instrument | None = None
) -> AuthorisePayment:
    return AuthorisePayment(
        key=f"{saga}:authorise",
        payment_id=saga,
        checkout_id="checkout_1",
        amount=amount,
        currency="USD",
        instrument=instrument or card(),
    )


def capture(saga: str = "s1", step: str = "capture") -> PaymentStep:
    return PaymentStep(key=f"{saga}:{step}", payment_id=saga)


def void(saga: str = "s1") -> UndoAuthorisation:
    return UndoAuthorisation(undoes=f"{saga}:authorise", payment_id=saga)


AUTHOR = Author(kind="person", id="ada@example.org", name="Ada")


def refund(amount: int, step: str = "refund", saga: str = "s1") -> RefundPayment:
    return RefundPayment(key=f"{saga}:{step}", payment_id=saga, amount=amount)


@dataclass
class ComposedPayments:
    """Payments on one Redis."""

    redis: Redis

    @property
    def sandbox(self) -> SandboxProvider:
        return SandboxProvider(SandboxBooks(self.redis))

    def service(self, provider: PaymentProvider | None = None) -> PaymentsService:
        """A replica of payments, working with the sandbox unless told otherwise."""
        composed = compose(self.redis, nowhere, provider=provider or self.sandbox)
        return cast(PaymentsService, composed.service)

    async def ledger(self, saga: str = "s1") -> list[str]:
        """What took effect at the sandbox."""
        name = f"{{payments}}:sandbox:ledger:{saga}:authorise"
        return cast(list[str], await cast(Any, self.redis.lrange(name, 0, -1)))

    async def payment(self, saga: str = "s1") -> dict[str, str]:
        """The payment as it is kept."""
        found = await cast(Any, self.redis.hgetall(f"{{payments}}:payment:{saga}"))
        return cast(dict[str, str], found)

    async def attempts(self, saga: str = "s1") -> dict[str, dict[str, Any]]:
        """The attempts as they are kept, by the key that the provider got."""
        found = await cast(Any, self.redis.hgetall(f"{{payments}}:attempts:{saga}"))
        return {key: json.loads(attempt) for key, attempt in found.items()}
