"""What a reservation takes, how it ends, and that every step happens once."""

from __future__ import annotations

import pytest
from redis.exceptions import ResponseError

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import StepUndone
from deployments.inventory.contract import (
    Allocation,
    AlreadyCommitted,
    OutOfStock,
    ReservationLapsed,
    Shortage,
    UndoReservation,
)
from deployments.inventory.domain.stock import State, WantedUnits
from tests.conftest import ClientOf
from tests.unit.inventory.inventory_client import HOLD_SECONDS, InventoryClient


async def test_all_locations_together_are_available_and_an_unknown_sku_is_not(
    inventory: InventoryClient,
) -> None:
    assert await inventory.available("helmet", "glove", "unicycle", "helmet") == {
        "helmet": 8,
        "glove": 1,
        "unicycle": 0,
    }
    assert await inventory.available() == {}


async def test_the_fullest_location_gives_first(inventory: InventoryClient) -> None:
    reservation = await inventory.reserve("r", ("helmet", 6), ("glove", 1))
    assert reservation.id == "r"
    assert reservation.allocations == (
        Allocation(sku="helmet", location_id=1, quantity=5),
        Allocation(sku="helmet", location_id=6, quantity=1),
        Allocation(sku="glove", location_id=6, quantity=1),
    )
    assert await inventory.available("helmet", "glove") == {"helmet": 2, "glove": 0}


async def test_lines_that_repeat_a_sku_are_summed(inventory: InventoryClient) -> None:
    with pytest.raises(OutOfStock) as refused:
        await inventory.reserve("r", ("helmet", 5), ("glove", 1), ("helmet", 4))
    assert refused.value.shortages == (Shortage(sku="helmet", wanted=9, available=8),)


async def test_one_short_line_refuses_all_and_every_shortage_is_listed(
    inventory: InventoryClient,
) -> None:
    with pytest.raises(OutOfStock) as refused:
        await inventory.reserve("r", ("helmet", 1), ("glove", 2), ("unicycle", 1))
    assert refused.value.shortages == (
        Shortage(sku="glove", wanted=2, available=1),
        Shortage(sku="unicycle", wanted=1, available=0),
    )
    assert await inventory.available("helmet", "glove") == {"helmet": 8, "glove": 1}
    assert all(
        movement.target == State.AVAILABLE for movement in await inventory.records.movements()
    )


async def test_the_first_answer_is_given_again(inventory: InventoryClient) -> None:
    first = await inventory.reserve("r", ("helmet", 6))
    await inventory.allocate("r")
    await inventory.commit("r")
    assert await inventory.reserve("r", ("helmet", 6)) == first
    await inventory.allocate("r")
    await inventory.commit("r")
    assert await inventory.available("helmet") == {"helmet": 2}


async def test_a_rejection_is_the_answer_too(inventory: InventoryClient) -> None:
    for _ in range(2):
        with pytest.raises(OutOfStock) as refused:
            await inventory.reserve("r", ("glove", 2))
        assert refused.value.shortages == (Shortage(sku="glove", wanted=2, available=1),)
        await inventory.receive("more", ("glove", 1, 10))


async def test_steps_upon_a_reservation_that_never_was_are_refused(
    inventory: InventoryClient,
) -> None:
    with pytest.raises(ReservationLapsed):
        await inventory.allocate("r")
    with pytest.raises(ReservationLapsed):
        await inventory.commit("r")


@pytest.mark.parametrize("allocated", [False, True])
async def test_a_release_gives_back_and_refuses_what_follows(
    inventory: InventoryClient,
    allocated: bool,  # noqa: FBT001 - pytest passes it by name.
) -> None:
    await inventory.reserve("r", ("helmet", 6))
    if allocated:
        await inventory.allocate("r")
    for _ in range(2):
        await inventory.release("r")
        assert await inventory.available("helmet") == {"helmet": 8}
    with pytest.raises(StepUndone):
        await inventory.reserve("r", ("helmet", 6))
    with pytest.raises(ReservationLapsed):
        await inventory.commit("r")


async def test_a_step_that_arrives_after_its_undo_is_refused(inventory: InventoryClient) -> None:
    await inventory.release("r")
    with pytest.raises(StepUndone):
        await inventory.reserve("r", ("helmet", 1))
    assert await inventory.available("helmet") == {"helmet": 8}


async def test_what_is_sold_is_not_released(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 6))
    await inventory.commit("r")
    for _ in range(2):
        with pytest.raises(AlreadyCommitted):
            await inventory.release("r")
    assert await inventory.available("helmet") == {"helmet": 2}
    assert (await inventory.reserve("r", ("helmet", 6))).id == "r"


async def test_nobody_takes_or_undoes_the_reservation_of_another_step(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("helmet", 6))
    with pytest.raises(DependencyUnavailable, match="ResponseError"):
        await inventory.api.release(UndoReservation(undoes="other:reserve", reservation_id="r"))
    now, wanted = inventory.clock(), {"glove": WantedUnits(1, 0)}
    with pytest.raises(ResponseError, match="another step"):
        await inventory.store.reserve("r", "other:reserve", wanted, now=now, until=now)
    assert await inventory.available("helmet", "glove") == {"helmet": 2, "glove": 1}


async def test_a_hold_lapses_at_its_deadline_and_not_before(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 6))
    inventory.clock.forward(HOLD_SECONDS - 1)
    assert await inventory.release_expired() == 0
    inventory.clock.forward(1)
    assert await inventory.release_expired() == 1
    assert await inventory.release_expired() == 0
    assert await inventory.available("helmet") == {"helmet": 8}


async def test_a_lapsed_reservation_can_be_neither_kept_nor_sold_nor_made_again(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("helmet", 6))
    inventory.clock.forward(HOLD_SECONDS)
    await inventory.release_expired()
    with pytest.raises(ReservationLapsed):
        await inventory.allocate("r")
    with pytest.raises(ReservationLapsed):
        await inventory.commit("r")
    with pytest.raises(StepUndone):
        await inventory.reserve("r", ("helmet", 6))
    await inventory.release("r")
    assert await inventory.available("helmet") == {"helmet": 8}


async def test_a_hold_past_its_deadline_may_be_kept_until_it_is_returned(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("helmet", 6))
    inventory.clock.forward(HOLD_SECONDS + 1)
    await inventory.allocate("r")
    assert await inventory.release_expired() == 0
    await inventory.commit("r")
    assert await inventory.available("helmet") == {"helmet": 2}


async def test_the_hold_that_lapsed_first_is_returned_first(inventory: InventoryClient) -> None:
    for number in range(5):
        await inventory.reserve(f"r{number}", ("helmet", 1), seconds=10 + number)
    inventory.clock.forward(12)
    assert [await inventory.release_expired(2) for _ in range(3)] == [2, 1, 0]
    await inventory.commit("r3")


async def test_a_batch_is_received_once_and_adds_to_what_is_there(
    inventory: InventoryClient,
) -> None:
    assert await inventory.receive("second", ("helmet", 1, 2), ("sock", 7, 4), ("bell", 7, 0)) == 3
    assert await inventory.receive("second", ("helmet", 1, 2)) == 0
    assert await inventory.available("helmet", "sock", "bell") == {
        "helmet": 10,
        "sock": 4,
        "bell": 0,
    }


async def test_the_names_of_locations_are_kept(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await inventory.receive("elsewhere", ("bell", 7, 1))
    names = await redis_of("inventory").hgetall("{inventory}:locations")
    assert names == {"1": "Place 1", "6": "Place 6", "7": "Place 7"}


async def test_the_ledger_tells_every_movement_on_whose_account_and_when(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("glove", 1))
    inventory.clock.forward(1)
    await inventory.commit("r")
    *_, reserved, committed = await inventory.records.movements()
    assert (reserved.source, reserved.target) == (State.AVAILABLE, State.RESERVED)
    assert (committed.source, committed.target) == (State.RESERVED, State.COMMITTED)
    assert committed.model_dump(exclude={"source", "target", "at"}, exclude_none=True) == {
        "sku": "glove",
        "location_id": 6,
        "quantity": 1,
        "why": "committed",
        "reservation": "r",
    }
    assert committed.at - reserved.at == 1000
    assert committed.at == inventory.clock().timestamp() * 1000


async def test_the_check_finds_a_unit_that_nobody_booked(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 6))
    assert await inventory.records.check() == ()
    await inventory.store._redis.hset(  # noqa: SLF001 - what no code of inventory would do.
        "{inventory}:stock", "glove", '{"6":{"available":2,"reserved":0,"committed":0}}'
    )
    (found,) = await inventory.records.check()
    assert (found.sku, found.in_stock, found.in_ledger) == ("glove", 2, 1)


@pytest.mark.parametrize("sku", ["", " ", "a/b\\c", "}{", "ünï→", '"', "x" * 255, "null"])
async def test_a_sku_may_be_any_text(inventory: InventoryClient, sku: str) -> None:
    await inventory.receive("odd", (sku, 1, 3))
    assert (await inventory.reserve("r", (sku, 2))).allocations == (
        Allocation(sku=sku, location_id=1, quantity=2),
    )
    await inventory.release("r")
    assert await inventory.available(sku) == {sku: 3}
    assert await inventory.records.check() == ()
