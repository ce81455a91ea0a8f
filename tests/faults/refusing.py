"""Services that answer everybody at once, and to everybody no."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from deployments.datastore.users import set_user
from deployments.foundation.values.clock import utc_now
from deployments.inventory.domain.stock import WantedUnits
from deployments.inventory.store import InventoryStore
from tests.conditions import until
from tests.faults.buyers import BUYERS, plentiful
from tests.faults.careful import Seen
from tests.faults.tried_store import TriedStore

_ENOUGH = 10
"""So many buyers consume no before everything is as it was."""
_LONG_SECONDS = 4.0
_HOLD = timedelta(minutes=10)


@dataclass(frozen=True)
class CardsDeclined:
    """The bank declines every card: each completion is undone, and nothing is sold."""

    name: str = "payments declines every card"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Let nobody pay, until many have tried."""
        ordered = len(seen.orders)
        good, seen.card = seen.card, "fail_token"
        try:
            await _more_refused(store, seen, "payment_failed")
        finally:
            seen.card = good
        # Each buyer may have sent one payment before.
        assert len(seen.orders) - ordered <= BUYERS


@dataclass(frozen=True)
class ShelvesEmpty:
    """Inventory has nothing left of what the buyers want, and says so to each of them."""

    name: str = "inventory has nothing left"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Hold all there is, until many have asked in vain, and give it back."""
        async with store.redis("inventory") as redis, _all_held(InventoryStore(redis)):
            await _more_refused(store, seen, "out_of_stock")


@asynccontextmanager
async def _all_held(inventory: InventoryStore) -> AsyncIterator[None]:
    """Hold whatever can be sold of what buyers buy, a SKU after the other."""
    name, skus = f"emptied_{uuid.uuid4().hex}", plentiful()
    try:
        for sku in skus:
            await _hold_all(inventory, f"{name}_{sku}", sku)
        yield
    finally:
        for sku in skus:
            id_ = f"{name}_{sku}"
            await inventory.release(id_, f"{id_}:reserve", now=utc_now())


async def _hold_all(inventory: InventoryStore, id_: str, sku: str) -> None:
    """Hold what there is, again and again until nobody was quicker."""
    held = None
    while held is None:
        there, now = await inventory.available([sku]), utc_now()
        wanted = {sku: WantedUnits(units, 0) for sku, units in there.items()}
        step = f"{id_}:reserve"
        said = await inventory.reserve(id_, step, wanted, now=now, until=now + _HOLD)
        held = said.reservation


@dataclass(frozen=True)
class Denied:
    """A service whose Redis lets it in and does nothing for it, so that each of its calls fails."""

    service: str

    @property
    def name(self) -> str:
        """Which service."""
        return f"{self.service} fails every call"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Take the right to run scripts away for a while, and give it back."""
        failures = _unavailable(seen)
        async with store.redis("admin") as admin:
            await admin.execute_command("ACL", "SETUSER", self.service, "-@scripting")
            try:
                await until(
                    lambda: _unavailable(seen) >= failures + 3,
                    f"buyers notice that {self.name}",
                    tell=store.tell,
                )
                await asyncio.sleep(_LONG_SECONDS)
            finally:
                await admin.execute_command(*set_user(self.service, store.secret()))


async def _more_refused(store: TriedStore, seen: Seen, why: str) -> None:
    enough = _refused(seen.rejections, why) + _ENOUGH
    await until(
        lambda: _refused(seen.rejections, why) >= enough,
        f"{_ENOUGH} buyers are told {why}",
        tell=lambda: f"{dict(seen.rejections)} {dict(seen.failures)}\n{store.tell()}",
    )


def _refused(rejections: Mapping[str, int], why: str) -> int:
    return sum(count for reason, count in rejections.items() if why in reason)


def _unavailable(seen: Seen) -> int:
    return seen.failures["503 unavailable"]
