"""The stock that shoppers see is a moment old at most; not everybody asks inventory."""

from __future__ import annotations

import pytest

from deployments.catalog.recent_stock import RecentStock
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.inventory.contract import Availability, InventoryApi
from tests.clock import SecondsClock


class Inventory:
    """An inventory behind the seam, of which only `availability` is reached."""

    def __init__(self) -> None:
        self.units = {"A": 3, "B": 0}
        self.asked: list[tuple[str, ...]] = []
        self.is_away = False

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        if self.is_away:
            raise DependencyUnavailable("inventory", "it is away")
        spec = methods_of(InventoryApi)[method]
        skus: tuple[str, ...] = spec.request.validate_json(body).skus
        self.asked.append(skus)
        found = {sku: self.units[sku] for sku in skus}
        return "ok", spec.answer.dump_json(Availability(units=found))


@pytest.fixture
def inventory() -> Inventory:
    return Inventory()


@pytest.fixture
def moment() -> SecondsClock:
    return SecondsClock()


@pytest.fixture
def stock(inventory: Inventory, moment: SecondsClock) -> RecentStock:
    return RecentStock(client_of(InventoryApi, inventory), 1.0, moment)


async def test_an_answer_serves_for_a_moment_and_no_longer(
    inventory: Inventory, moment: SecondsClock, stock: RecentStock
) -> None:
    assert await stock.units(["A"]) == {"A": 3}
    inventory.units["A"] = 0
    moment.now = 0.9
    assert await stock.units(["A"]) == {"A": 3}
    moment.now = 1.0
    assert await stock.units(["A"]) == {"A": 0}
    assert inventory.asked == [("A",), ("A",)]


async def test_only_what_is_not_known_is_asked_for(
    inventory: Inventory, stock: RecentStock
) -> None:
    await stock.units(["A"])
    assert await stock.units(["A", "B"]) == {"A": 3, "B": 0}
    assert inventory.asked == [("A",), ("B",)]


async def test_what_is_known_needs_no_inventory(inventory: Inventory, stock: RecentStock) -> None:
    await stock.units(["A"])
    inventory.is_away = True
    assert await stock.units(["A"]) == {"A": 3}
    with pytest.raises(DependencyUnavailable):
        await stock.units(["A", "B"])
