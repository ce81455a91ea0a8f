"""Purchases with consumers that are killed at random throughout: every effect exactly once.

The short form is one of the long tests; `make storm ORDERS=10000` goes on for longer.
`STORM_ORDERS` says how many orders there are, `STORM_SEED` repeats a storm's kills and purchases.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from redis.asyncio import Redis

from deployments.foundation.http.signing import read_keys
from deployments.foundation.placement.host import Host
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.ids import new_id
from deployments.profile.domain import business_profile
from deployments.webhooks.dispatcher import CLAIM_SECONDS
from deployments.webhooks.store import WebhooksStore
from tests.conftest import SECRET, ClientOf
from tests.events.buyers import PLATFORM, Buyers
from tests.events.effects import ExpectedEffects, by_order
from tests.events.platform_endpoint import PlatformEndpoint, verify
from tests.events.storm import Storm
from tests.events.worker_pool import worker_pool
from tests.in_process import URL, store_in_process
from tests.trial_settings import trial_settings

pytestmark = pytest.mark.long

ORDERS = trial_settings().storm_orders
SEED = trial_settings().storm_seed
SERVICES = ("carts", "inventory", "notifications", "orders", "orders", "shipping", "webhooks")
"""A worker each: orders has two, which share its partitions."""
KILLS = 10
"""At least so many, however short the storm is."""
SIGNATURES = 100
"""So many webhooks have their signatures verified."""


@pytest.fixture
async def whole(redis_of: ClientOf) -> AsyncIterator[Host]:
    async with store_in_process(redis_of) as store:
        yield store


@pytest.fixture
def environment(valkey_socket: Path, tmp_path: Path) -> dict[str, str]:
    """What the store's processes are told."""
    return {
        "REDIS_URL": f"unix://{valkey_socket}",
        "FIELDHOUSE_REDIS_SECRET": SECRET,
        "FIELDHOUSE_DEVELOPMENT_KEY": "allow",
        "FIELDHOUSE_PAYMENTS": "sandbox",
        "FIELDHOUSE_DATA": str(tmp_path),
        "FIELDHOUSE_PUBLIC_URL": URL,
        "FIELDHOUSE_SIGNING_KEYS": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "FIELDHOUSE_WEBHOOKS_LOOPBACK": "allow",
        "FIELDHOUSE_SANDBOX_DISPATCH_SECONDS": "0.2",
        "FIELDHOUSE_SANDBOX_DELIVERY_SECONDS": "0.2",
    }


@asynccontextmanager
async def registered(endpoint: PlatformEndpoint, webhooks: Redis) -> AsyncIterator[None]:
    """The endpoint listens meanwhile, and is known as the platform's."""
    async with endpoint.listening() as url:
        store = WebhooksStore(webhooks, claim_seconds=CLAIM_SECONDS)
        await store.register(PLATFORM, url, new_id("endpoint"), utc_now())
        yield


async def test_every_effect_is_there_once_though_consumers_are_killed_all_the_time(
    whole: Host,
    environment: dict[str, str],
    redis_of: ClientOf,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    buyers, endpoint = Buyers(whole, SEED), PlatformEndpoint()
    await buyers.add_stock()
    with capsys.disabled():
        print(f"\nSTORM_SEED={SEED} STORM_ORDERS={ORDERS}")
        async with (
            registered(endpoint, redis_of("webhooks")),
            worker_pool(SERVICES, tmp_path, environment, SEED) as workers,
        ):
            storm = Storm(buyers, workers, endpoint, redis_of, tmp_path, seed=SEED)
            await storm.run(ORDERS)
        print(storm.figures())
    events = await by_order(redis_of)
    await ExpectedEffects(redis_of, buyers.bought, events).check(tmp_path / "mail", endpoint)
    profile = business_profile(
        URL, [key.public for key in read_keys(environment["FIELDHOUSE_SIGNING_KEYS"])]
    )
    for delivered in endpoint.requests[:SIGNATURES]:
        verify(delivered, profile)
    assert sum(workers.kills.values()) >= KILLS
