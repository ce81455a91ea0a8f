"""Providers that fail or wait where a test wants them to, in front of the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from deployments.payments.contract import Instrument
from deployments.payments.domain.charges import Charge, Hold, Verdict
from deployments.payments.provider import PaymentProvider

T = TypeVar("T")
Call = Callable[[], Awaitable[T]]


class ProviderSilent(Exception):  # noqa: N818 - what is known of it: it gave no answer.
    """The provider gave no answer."""


class Forwarding:
    """A provider that passes everything on; subclasses say what `around` does to a call."""

    def __init__(self, inner: PaymentProvider) -> None:
        self._inner = inner

    @property
    def handler_id(self) -> str:
        return self._inner.handler_id

    def accepts(self, instrument: Instrument) -> bool:
        return self._inner.accepts(instrument)

    async def around(self, call: Call[T]) -> T:
        return await call()

    async def authorise(self, charge: Charge) -> Verdict:
        return await self.around(lambda: self._inner.authorise(charge))

    async def look_up(self, key: str) -> Verdict | None:
        return await self.around(lambda: self._inner.look_up(key))

    async def capture(self, key: str, hold: Hold) -> None:
        await self.around(lambda: self._inner.capture(key, hold))

    async def void(self, key: str, hold: Hold) -> None:
        await self.around(lambda: self._inner.void(key, hold))

    async def refund(self, key: str, hold: Hold, amount: int) -> None:
        await self.around(lambda: self._inner.refund(key, hold, amount))


class Silent(Forwarding):
    """Gives no answer, although the call may have taken effect."""

    def __init__(self, inner: PaymentProvider, *, arrives: bool) -> None:
        super().__init__(inner)
        self._arrives = arrives

    async def around(self, call: Call[T]) -> T:
        if self._arrives:
            await call()
        raise ProviderSilent


class Slow(Forwarding):
    """Stops a call before it arrives at the provider until it is let through."""

    def __init__(self, inner: PaymentProvider) -> None:
        super().__init__(inner)
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def around(self, call: Call[T]) -> T:
        self.reached.set()
        await self.open.wait()
        return await call()


class SlowToAnswer(Slow):
    """Stops a call after it took effect, before its answer comes back."""

    async def around(self, call: Call[T]) -> T:
        answer = await call()
        self.reached.set()
        await self.open.wait()
        return answer


class Crowded(Forwarding):
    """Lets calls through only when as many as it was told of have come, then all at once."""

    def __init__(self, inner: PaymentProvider, calls: int) -> None:
        super().__init__(inner)
        self._barrier = asyncio.Barrier(calls)

    async def around(self, call: Call[T]) -> T:
        await self._barrier.wait()
        return await call()


class Forgetful(Forwarding):
    """Cannot refuse in advance what it has never seen; and an authorisation arrives late."""

    def __init__(self, inner: PaymentProvider) -> None:
        super().__init__(inner)
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def authorise(self, charge: Charge) -> Verdict:
        self.reached.set()
        await self.open.wait()
        return await super().authorise(charge)

    async def void(self, key: str, hold: Hold) -> None:
        if hold.reference is not None:
            await super().void(key, hold)
