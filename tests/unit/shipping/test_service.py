"""The service on a real Valkey: methods taken in once, and read at the price of one round trip."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from deployments.foundation.placement.host import nowhere
from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.shipping.contract import ImportMethods, ShippingApi, Undeliverable
from deployments.shipping.deployment import compose
from tests.conftest import ClientOf
from tests.unit.shipping.sample_methods import METHODS, WEDNESDAY, parcel, shipment

BATCH = ImportMethods(batch="first", methods=METHODS)
Replica = Callable[[], ShippingApi]


@pytest.fixture
def replica(redis_of: ClientOf) -> Replica:
    """Another replica at every call, all on one Redis, reached as in production but for Ray."""

    def build() -> ShippingApi:
        composed = compose(redis_of("shipping"), nowhere, clock=lambda: WEDNESDAY)
        return client_of(ShippingApi, Endpoint(ShippingApi, composed.service))

    return build


@pytest.fixture
async def shipping(replica: Replica) -> ShippingApi:
    return replica()


async def test_options_come_from_the_methods_taken_in(shipping: ShippingApi) -> None:
    assert (await shipping.import_methods(BATCH)).count == len(METHODS)
    answer = await shipping.options(shipment("United States", parcel(454, 2), parcel(None)))
    assert answer.country == "US"
    assert [(option.id, option.amount) for option in answer.options] == [
        ("1", 593),
        ("2", 1393),
        ("4", 2453),
    ]


@pytest.mark.parametrize(("country", "ids"), [("CAN", ["1", "2"]), ("France", ["5", "3"])])
async def test_other_zones_have_methods_of_their_own(
    shipping: ShippingApi, country: str, ids: list[str]
) -> None:
    await shipping.import_methods(BATCH)
    answer = await shipping.options(shipment(country))
    assert [option.id for option in answer.options] == ids


async def test_an_empty_store_delivers_nothing(shipping: ShippingApi) -> None:
    with pytest.raises(Undeliverable, match="at present"):
        await shipping.options(shipment("US"))


async def test_an_unknown_country_is_refused_across_the_seam(shipping: ShippingApi) -> None:
    with pytest.raises(Undeliverable) as refused:
        await shipping.options(shipment("Atlantis"))
    assert refused.value.public_code == "address_undeliverable"


async def test_a_batch_is_taken_in_once(shipping: ShippingApi) -> None:
    await shipping.import_methods(BATCH)
    assert (await shipping.import_methods(ImportMethods(batch="first", methods=()))).count == 0
    assert (await shipping.import_methods(BATCH)).count == 0
    assert len((await shipping.options(shipment("US"))).options) == 3


async def test_a_later_batch_is_seen_on_every_replica_at_once(replica: Replica) -> None:
    one, other = replica(), replica()
    await one.import_methods(BATCH)
    assert await one.options(shipment("US")) == await other.options(shipment("US"))
    dearer = METHODS[0].model_copy(update={"base_charge": 50_00})
    await other.import_methods(ImportMethods(batch="second", methods=(dearer,)))
    for service in (one, other):
        assert [found.id for found in (await service.options(shipment("US"))).options] == [
            "2",
            "4",
            "1",
        ]


async def test_options_are_one_round_trip(shipping: ShippingApi, admin: Redis) -> None:
    await shipping.import_methods(BATCH)
    await shipping.options(shipment("US"))
    await admin.config_resetstat()
    await shipping.options(shipment("US"))
    stats = await admin.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 1
    assert "cmdstat_hvals" not in stats, "methods travel only when they have changed"
