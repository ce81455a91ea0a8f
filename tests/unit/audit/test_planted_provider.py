"""What the sandbox's books have otherwise than payments thinks is found under its keys."""

from __future__ import annotations

import pytest

from tests.unit.audit.planting import Plant, Plants, find, name_of
from tests.unit.audit.shop import CHARGE, Finding, Purchase, Shop
from tests.unit.checkout.services import BIKE

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(shop: Shop, plant: Plant) -> None:
    await find(shop, await shop.buy(sku=BIKE.sku), plant)


@PLANTS.planted
async def a_lost_charge(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.charge)
    return {
        ("provider", "not_held_by_provider", (bike.payment, bike.charge)),
        ("provider", "not_taken_by_provider", (bike.payment, bike.charge)),
    }


@PLANTS.planted
async def money_that_the_provider_never_took(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hdel(bike.charge, "captured")
    return {("provider", "not_taken_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_the_provider_took_twice(shop: Shop, bike: Purchase) -> set[Finding]:
    total = bike.session.priced.totals.total
    await shop.admin.hset(bike.charge, "captured", 2 * total)
    return {("provider", "taken_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_the_provider_gave_back_by_itself(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.charge, "refunded", 5)
    return {("provider", "refunds_of_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def another_currency(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.charge, "currency", "EUR")
    return {("provider", "not_held_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_is_held_for_a_declined_payment(shop: Shop, bike: Purchase) -> set[Finding]:
    saga = await shop.decline()
    charge = f"{CHARGE}{saga}:authorise"
    await shop.admin.hset(charge, "outcome", "held")
    return {("provider", "still_held_by_provider", (f"{{payments}}:payment:{saga}", charge))}


@PLANTS.planted
async def a_charge_that_payments_does_not_know(shop: Shop, bike: Purchase) -> set[Finding]:
    charge = f"{CHARGE}ghost:authorise"
    await shop.admin.hset(charge, mapping={"outcome": "held", "amount": 5, "currency": "USD"})
    return {("provider", "charge_of_no_payment", (charge,))}
