"""A payment provider whose answers get lost, and what its books must say in the end."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeVar

from redis.asyncio import Redis

from deployments.checkout.contract import Session
from deployments.payments.domain.charges import Charge, Hold, Verdict
from deployments.payments.provider import PaymentProvider
from tests.unit.payments.unreliable_providers import Call, Forwarding, ProviderSilent

T = TypeVar("T")
Mood = Literal["silent before", "silent after"]
"""Gives no answer, before or after the call took effect."""


class Bank(Forwarding):
    """A provider of which a test says which of its operations get no answer."""

    def __init__(self, inner: PaymentProvider) -> None:
        super().__init__(inner)
        self.moods: dict[str, Mood] = {}

    async def _said(self, operation: str, call: Call[T]) -> T:
        mood = self.moods.get(operation)
        if mood == "silent before":
            raise ProviderSilent
        answer = await call()
        if mood == "silent after":
            raise ProviderSilent
        return answer

    async def authorise(self, charge: Charge) -> Verdict:
        return await self._said("authorise", lambda: self._inner.authorise(charge))

    async def look_up(self, key: str) -> Verdict | None:
        return await self._said("look_up", lambda: self._inner.look_up(key))

    async def capture(self, key: str, hold: Hold) -> None:
        await self._said("capture", lambda: self._inner.capture(key, hold))

    async def void(self, key: str, hold: Hold) -> None:
        await self._said("void", lambda: self._inner.void(key, hold))


async def assert_the_bank_agrees(admin: Redis, completed: list[Session]) -> None:
    """What was taken is what was sold, each once; nothing is held for anything else."""
    taken: Counter[int] = Counter()
    async for name in admin.scan_iter("{payments}:sandbox:charge:*"):
        charge = await admin.hgetall(name)
        ledger = await admin.lrange(name.replace(":charge:", ":ledger:"), 0, -1)
        kinds = Counter(entry.split()[0] for entry in ledger)
        assert max(kinds.values(), default=0) <= 1, ledger
        assert charge["outcome"] != "held" or "captured" in charge, f"{name} is still held"
        if "captured" in charge:
            assert charge["captured"] == charge["amount"]
            taken[int(charge["captured"])] += 1
    assert taken == Counter(session.priced.totals.total for session in completed)
