"""What a purchase costs with all that follows it."""

from __future__ import annotations

from commands.bench.counts.counted_store import CountedStore
from deployments.topology import BY_NAME
from tests.budgets.budgets import WHOLE_PURCHASE, WHOLE_PURCHASE_EVENTS
from tests.budgets.test_requests import beyond, told


async def test_a_purchase_with_all_that_follows_keeps_to_its_budget(
    consuming: CountedStore,
) -> None:
    count = await consuming.count_followed("purchase")
    assert not beyond(count, WHOLE_PURCHASE), told(count)
    assert count.events <= WHOLE_PURCHASE_EVENTS
    # Everybody who has to do with a purchase has done it: nothing is cheap for not being done.
    # Whoever is told of several purchases at once needs less than a round trip for each.
    busy = {service for service, trips in count.round_trips.items() if trips > 0}
    # Staff has nothing to do about one: it looks once in a second for what people did.
    assert busy >= {name for name, one in BY_NAME.items() if one.subscribes_to} - {"staff"}
    assert ("webhooks", "orders") in {(call.caller, call.callee) for call in count.calls}
