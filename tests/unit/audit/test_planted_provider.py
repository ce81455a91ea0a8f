"""What the sandbox's books have otherwise than payments thinks is found under its keys."""

from __future__ import annotations

import pytest

from tests.unit.audit.audited_store import CHARGE, AuditedStore, Finding, Purchase
from tests.unit.audit.planting import Plant, Plants, find, name_of
from tests.unit.checkout.services import BIKE

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


@PLANTS.planted
async def a_lost_charge(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.charge)
    return {
        ("provider", "not_held_by_provider", (bike.payment, bike.charge)),
        ("provider", "not_taken_by_provider", (bike.payment, bike.charge)),
    }


@PLANTS.planted
async def money_that_the_provider_never_took(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hdel(bike.charge, "captured")
    return {("provider", "not_taken_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_the_provider_took_twice(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    total = bike.session.priced.totals.total
    await audited.admin.hset(bike.charge, "captured", 2 * total)
    return {("provider", "taken_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_the_provider_gave_back_by_itself(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hset(bike.charge, "refunded", 5)
    return {("provider", "refunds_of_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def another_currency(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.charge, "currency", "EUR")
    return {("provider", "not_held_by_provider", (bike.payment, bike.charge))}


@PLANTS.planted
async def money_that_is_held_for_a_declined_payment(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    saga = await audited.decline()
    charge = f"{CHARGE}{saga}:authorise"
    await audited.admin.hset(charge, "outcome", "held")
    return {("provider", "still_held_by_provider", (f"{{payments}}:payment:{saga}", charge))}


@PLANTS.planted
async def a_charge_that_payments_does_not_know(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    charge = f"{CHARGE}ghost:authorise"
    await audited.admin.hset(charge, mapping={"outcome": "held", "amount": 5, "currency": "USD"})
    return {("provider", "charge_of_no_payment", (charge,))}
