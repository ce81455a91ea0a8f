"""How many units there are, as inventory said within the last second.

Products are read far more often than their stock changes, and what is shown is only shown: a cart
asks again, and completing a checkout reserves. So an answer serves everybody who asks for the same
SKU within a moment, and inventory is asked about a SKU once a second at most by each process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from deployments.inventory.contract import CheckAvailability, InventoryApi


class _Known(NamedTuple):
    units: int
    until: float


class RecentStock:
    """Units by SKU, each kept for `seconds`: an entry for every SKU that was asked for."""

    def __init__(
        self,
        inventory: InventoryApi,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inventory, self._seconds, self._clock = inventory, seconds, clock
        self._known: dict[str, _Known] = {}

    async def units(self, skus: Sequence[str]) -> Mapping[str, int]:
        """Units that can be sold. Raises `DependencyUnavailable` if inventory must be asked and
        gives no answer."""
        now = self._clock()
        unknown = tuple(sku for sku in skus if self._is_old(sku, now))
        if unknown:
            answer = await self._inventory.availability(CheckAvailability(skus=unknown))
            if self._seconds <= 0:
                return answer.units
            until = now + self._seconds
            self._known |= {sku: _Known(units, until) for sku, units in answer.units.items()}
        return {sku: self._known[sku].units for sku in skus if sku in self._known}

    def _is_old(self, sku: str, now: float) -> bool:
        known = self._known.get(sku)
        return known is None or known.until <= now
