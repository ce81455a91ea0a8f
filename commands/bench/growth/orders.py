"""Orders that pile up: bought as long as that takes minutes, and then copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from commands.bench.growth.growing import GrowingStore, Tell, each, growing_store
from commands.bench.growth.old_orders import OldOrders
from commands.bench.load.dispatch import LoadGenerator
from commands.bench.results import Growth
from commands.bench.stores.running import admin_of
from commands.bench.stores.workload import shipped_workload, stock_up

BOUGHT = (100, 1_000, 10_000)
"""As many as are bought, with all that follows, within some five minutes."""
COPIED = (100_000, 1_000_000)
"""Most of these are copies of the others as they are a month later."""
ORDERS = (*BOUGHT, *COPIED)
_SECONDS = 3.0
_AT_ONCE = 1_000
_MIB_FOR_ALL = 16 * 1024


async def measure(
    load: LoadGenerator, tell: Tell, sizes: Sequence[int] = ORDERS
) -> AsyncIterator[Growth]:
    """The store with so many orders, all that follows them done: what it takes, and its start."""
    async with growing_store(load, tell, FIELDHOUSE_REDIS_MEMORY=str(_MIB_FOR_ALL)) as growing:
        await growing.start(shipped_workload())
        await stock_up(growing.redis)
        orders = _Orders(growing)
        for size in sizes:
            figures = await (orders.copied(size) if size in COPIED else orders.bought(size))
            await growing.rewritten()
            await growing.store.stop()
            figures |= await growing.start(shipped_workload())
            figures |= await growing.needs()
            # Last, when nothing is left to be written of what has grown.
            for journey in ("sale", "order"):
                figures |= await growing.asked(journey, _SECONDS)
            yield growing.grown("orders", size, figures)


class _Orders:
    """How many there are, and what one takes."""

    def __init__(self, growing: GrowingStore) -> None:
        self._growing, self._old = growing, OldOrders()

    @property
    def there(self) -> int:
        """Those that were bought, and copies of them."""
        return self._growing.made["sale"] + self._old.written

    async def bought(self, size: int) -> dict[str, float]:
        """Buy until there are so many."""
        before, first = await self._growing.settled(), self.there
        while (missing := size - self.there) > 0:
            await self._growing.make("sale", min(_AT_ONCE, missing))
            now = await self._growing.settled()
        return each(before, now, self.there - first)

    async def copied(self, size: int) -> dict[str, float]:
        """Write those that were bought again and again until there are so many."""
        before, first = await self._growing.settled(), self.there
        async with admin_of(self._growing.store) as admin:
            if not self._old.known:
                await self._old.learn(admin, self.there)
            await self._old.copy(admin, size - self.there)
        share = each(before, await self._growing.settled(), self.there - first)
        return {f"{name}, old": share[name] for name in ("bytes a unit", "keys a unit")}
