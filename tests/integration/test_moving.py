"""Services move from one application to another, and nobody who shops meanwhile notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.books import agree, ledgers_of
from tests.faults.buyers import buyers
from tests.faults.careful import Seen
from tests.faults.damage import more_orders
from tests.faults.serve_api import Json, ServeApi, hosting, without
from tests.integration.running_store import RunningStore

MOVES = {"pricing": "checkout", "inventory": "payments"}
"""Services, and the applications to which they move from their own. One runs beside its caller
then, and a call of it stays in the process; the other is called over a handle as before."""
ORDERS = 10
"""So many are bought after each step, before the next one."""


def there_and_back(config: Json) -> Iterator[Json]:
    """Two steps each: first both applications host the service, then the old one does not."""
    both = config
    for service, host in MOVES.items():
        both = hosting(both, host, (host, service))
    moved = both
    for service in MOVES:
        moved = without(moved, service)
    yield from (both, moved, both, config)


@pytest.mark.long
@pytest.mark.placed("apart")
async def test_services_move_under_load_without_a_failed_request(store: RunningStore) -> None:
    api, seen = ServeApi(store), Seen()
    async with ledgers_of(store) as ledgers:
        await ledgers.settled()
        before = await ledgers.holdings()
        async with buyers(store, seen, seed=1):
            await more_orders(store, seen, ORDERS)
            for config in there_and_back(await api.declared()):
                await api.declare(config)
                await more_orders(store, seen, ORDERS)
        assert seen.failures == {}
        await ledgers.settled()
        await ledgers.consumed()
        await agree(ledgers, before, seen)
        assert await ledgers.discrepancies() == []
