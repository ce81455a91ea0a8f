"""The interface of payment providers, and which of them this store works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from deployments.payments.contract import Instrument, InstrumentNotSupported
from deployments.payments.domain.charges import Charge, Hold, Verdict


class PaymentProvider(Protocol):
    """One provider. A key that was used before takes no effect again, and gets the same answer.

    What neither takes effect nor is answered raises; the caller then repeats it under its key.
    """

    @property
    def handler_id(self) -> str:
        """The handler that instruments of this provider name."""
        ...

    def accepts(self, instrument: Instrument) -> bool:
        """Whether the instrument and its credential are of a type that it takes."""
        ...

    async def authorise(self, charge: Charge) -> Verdict:
        """Hold the amount, or say why not."""
        ...

    async def look_up(self, key: str) -> Verdict | None:
        """What became of the authorisation under this key; none if it never arrived."""
        ...

    async def capture(self, key: str, hold: Hold) -> None:
        """Take the whole amount of a hold."""
        ...

    async def void(self, key: str, hold: Hold) -> None:
        """Make sure that nothing is held under the hold's key, neither now nor later.

        An authorisation that never arrived may still be under way. An adapter whose provider
        cannot refuse it in advance returns only when it can no longer arrive.
        """
        ...

    async def refund(self, key: str, hold: Hold, amount: int) -> None:
        """Give back a part of a captured hold, in minor units."""
        ...


class Providers:
    """The providers that this store works with, by handler id."""

    def __init__(self, providers: Iterable[PaymentProvider]) -> None:
        self._by_handler = {provider.handler_id: provider for provider in providers}

    def of(self, handler_id: str) -> PaymentProvider:
        """The provider of a payment that was authorised here."""
        return self._by_handler[handler_id]

    def for_instrument(self, instrument: Instrument) -> PaymentProvider:
        """The provider that takes the instrument. Rejects with `InstrumentNotSupported`."""
        provider = self._by_handler.get(instrument.handler_id)
        if provider is None or not provider.accepts(instrument):
            raise InstrumentNotSupported(
                "This payment handler, instrument or credential type is not accepted. "
                "Use one that the checkout's payment_handlers declare."
            )
        return provider
