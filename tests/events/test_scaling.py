"""Load on one stream scales the consumers of that stream, and back; on the real Serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.conftest import SECRET, ClientOf
from tests.events.slow_services import LOADED, QUIET, SlowService
from tests.events.small_serve import Json, SmallServe
from tests.eventually import eventually

pytestmark = pytest.mark.long

MOST = 3
WAITING = 1200
"""So many events are kept waiting, enough for more replicas than there may be."""
SUBJECTS = [f"subject-{n}" for n in range(400)]
WITHIN_SECONDS = 240.0
"""Far more than any of it takes: only what never comes to be is cut off."""


@dataclass
class Scale:
    """How many replicas each deployment had, from one look to the next; a pair as Serve has it."""

    serve: SmallServe
    now: dict[str, tuple[int, int]] = field(default_factory=dict)
    seen: list[tuple[str, tuple[int, int]]] = field(default_factory=list)

    async def observer(self) -> None:
        """Look all the time."""
        while True:
            now = await self.serve.replicas()
            changes = [change for change in now.items() if self.now.get(change[0]) != change[1]]
            self.seen += changes
            self.now |= now
            await asyncio.sleep(0.2)

    async def reaches(self, **counts: int) -> None:
        """Until these deployments have so many replicas, as Serve wants them to."""

        async def there() -> bool:
            return all(self.now.get(name) == (count, count) for name, count in counts.items())

        try:
            await eventually(there, seconds=WITHIN_SECONDS)
        except TimeoutError:
            pytest.fail(f"{self.now} and not {counts}\n{self.serve.tell()}")


def application(name: str) -> Json:
    """A subscriber that is scaled as those in serve_config.yaml are, but sooner."""
    policy = {
        "policy_function": "deployments.foundation.events.lag_scaling:LoadAndLagPolicy",
        "policy_kwargs": {"events_per_replica": 100},
    }
    scaled = {
        "min_replicas": 1,
        "max_replicas": MOST,
        "upscale_delay_s": 1,
        "downscale_delay_s": 2,
        "look_back_period_s": 11,
        "policy": policy,
    }
    deployment = {
        "name": name.title(),
        "autoscaling_config": scaled,
        "ray_actor_options": {"num_cpus": 0.01},
        "graceful_shutdown_timeout_s": 8,
    }
    return {
        "name": name,
        "route_prefix": None,
        "import_path": f"tests.events.slow_services:{name}",
        "deployments": [deployment],
    }


@pytest.fixture
def serve(admin: Redis, valkey_socket: Path) -> Iterator[SmallServe]:
    """Both subscribers upon the tests' server."""
    environment = {
        "REDIS_URL": f"unix://{valkey_socket}",
        "FIELDHOUSE_REDIS_SECRET": SECRET,
        # Ten seconds otherwise.
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    }
    running = SmallServe([application("loaded"), application("quiet")], environment)
    yield running
    running.stop()


@asynccontextmanager
async def watched(serve: SmallServe) -> AsyncIterator[Scale]:
    """Look at Serve meanwhile."""
    scale = Scale(serve)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(scale.observer())
        try:
            yield scale
        finally:
            watching.cancel()


async def load(scale: Scale, redis_of: ClientOf) -> int:
    """Keep events waiting until all replicas are there, and then give each some more to do.

    How often something happened to every subject.
    """
    rounds, left = 0, 2
    while left:
        rounds += 1
        await LOADED.publish(redis_of("orders"), SUBJECTS)
        if scale.now["Loaded"] == (MOST, MOST):
            left -= 1

        async def worked_off(published: int = rounds * len(SUBJECTS)) -> bool:
            return published - await LOADED.effects(redis_of("notifications")) < WAITING

        await eventually(worked_off, seconds=WITHIN_SECONDS)
    return rounds


async def all_took_effect(
    service: SlowService, redis: Redis, subjects: list[str], rounds: int
) -> None:
    """Wait for it; each subject's in their order, each once."""

    async def done() -> bool:
        return await service.effects(redis) >= rounds * len(subjects)

    await eventually(done, seconds=WITHIN_SECONDS)
    for subject in subjects:
        assert await service.kept(redis, subject) == list(range(1, rounds + 1)), subject


async def test_load_on_one_stream_scales_its_own_consumers_up_and_down_again(
    serve: SmallServe, redis_of: ClientOf
) -> None:
    notifications, carts, few = redis_of("notifications"), redis_of("carts"), SUBJECTS[:20]
    async with watched(serve) as scale:
        await scale.reaches(Loaded=1, Quiet=1)
        await QUIET.publish(redis_of("checkout"), few)
        rounds = await load(scale, redis_of)
        await QUIET.publish(redis_of("checkout"), few)
        await all_took_effect(LOADED, notifications, SUBJECTS, rounds)
        await all_took_effect(QUIET, carts, few, 2)
        await scale.reaches(Loaded=1)
    wanted = {name: [of for seen, (_, of) in scale.seen if seen == name] for name in scale.now}
    assert wanted["Loaded"][0] == wanted["Loaded"][-1] == 1
    assert max(wanted["Loaded"]) == MOST
    assert set(wanted["Quiet"]) == {1}
    assert await LOADED.replicas(notifications) >= MOST
    assert await QUIET.replicas(carts) == 1
