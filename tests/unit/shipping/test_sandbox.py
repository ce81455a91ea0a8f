"""The sandbox carrier moves parcels along by the clock, for every carrier that the data names."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from deployments.foundation.values.settings import settings
from deployments.shipping.carrier import Carriers, UnknownCarrierError
from deployments.shipping.domain.parcels import Parcel
from deployments.shipping.sandbox import SandboxCarrier
from tests.clock import ManualClock
from tests.unit.shipping.sample_events import HOME
from tests.unit.shipping.sample_methods import METHODS, WEDNESDAY


def parcel(key: str = "shipment_1") -> Parcel:
    return Parcel(key, "XRQ", "Ground", HOME, (), WEDNESDAY)


async def test_time_moves_a_parcel_along() -> None:
    clock = ManualClock(WEDNESDAY)
    sandbox = SandboxCarrier(5, 15, clock)
    number = (await sandbox.book(parcel())).tracking_number
    seen = []
    for _ in range(6):
        progress = await sandbox.look_up(number)
        seen.append((progress.stage, progress.again_seconds))
        clock.forward(4)
    assert seen == [
        ("waiting", 5),
        ("waiting", 1),
        ("dispatched", 12),
        ("dispatched", 8),
        ("dispatched", 4),
        ("delivered", 0),
    ]


async def test_a_key_has_one_label_whenever_and_by_whomever_it_is_booked() -> None:
    clock = ManualClock(WEDNESDAY)
    first = await SandboxCarrier(5, 15, clock).book(parcel())
    clock.forward(3600)
    assert await SandboxCarrier(1, 1, clock).book(parcel()) == first
    assert await SandboxCarrier(5, 15, clock).book(parcel("shipment_2")) != first


async def test_a_label_has_an_address_to_follow_the_parcel() -> None:
    label = await SandboxCarrier(5, 15, ManualClock(WEDNESDAY)).book(parcel())
    url = urlsplit(label.tracking_url)
    assert (url.scheme, url.hostname) == ("https", "fieldhouse.example")
    assert url.path == f"/track/{label.tracking_number}"
    assert label.tracking_number.replace("-", "").isalnum()


async def test_a_parcel_without_any_waiting_is_there_at_once() -> None:
    clock = ManualClock(WEDNESDAY)
    sandbox = SandboxCarrier(0, 0, clock)
    label = await sandbox.book(parcel())
    assert (await sandbox.look_up(label.tracking_number)).stage == "delivered"
    clock.now -= timedelta(seconds=1)
    assert (await sandbox.look_up(label.tracking_number)).stage == "waiting", "clocks differ a bit"


def test_every_carrier_of_the_shipped_methods_has_the_sandbox() -> None:
    sandbox = SandboxCarrier(5, 15, ManualClock(WEDNESDAY))
    carriers = Carriers([sandbox])
    assert {method.carrier for method in METHODS} == sandbox.names
    assert {carriers.of(method.carrier) for method in METHODS} == {sandbox}
    with pytest.raises(UnknownCarrierError, match="Pigeon Post"):
        carriers.of("Pigeon Post")


def test_the_operator_says_how_fast_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = settings()
    assert (said.sandbox_dispatch_seconds, said.sandbox_delivery_seconds) == (5, 15)
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DISPATCH_SECONDS", "0.5")
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DELIVERY_SECONDS", "86400")
    assert (settings().sandbox_dispatch_seconds, settings().sandbox_delivery_seconds) == (
        0.5,
        86400,
    )
    for nonsense in ("-1", "soon", "inf", "nan"):
        monkeypatch.setenv("FIELDHOUSE_SANDBOX_DISPATCH_SECONDS", nonsense)
        with pytest.raises(ValueError, match="takes a number of seconds"):
            settings()
