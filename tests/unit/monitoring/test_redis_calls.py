"""Every round trip to Redis is counted once, by what became of it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import OutOfMemoryError

from deployments.foundation.redis.measured import MeasuredRedis, RedisMetrics, measured
from deployments.foundation.values.meter import Meter
from tests.valkey import full, valkey_server


@pytest.fixture
async def redis() -> AsyncIterator[MeasuredRedis]:
    """A client of a server of its own, which may be filled."""
    with (
        tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory,
        valkey_server(Path(directory)) as socket,
    ):
        async with MeasuredRedis(unix_socket_path=str(socket), decode_responses=True) as client:
            yield client


@pytest.fixture
def metrics(redis: MeasuredRedis) -> RedisMetrics:
    """What the client counts."""
    metrics = RedisMetrics("orders", Meter())
    measured(redis, metrics)
    return metrics


def outcomes(metrics: RedisMetrics, command: str) -> dict[str, float]:
    """How often each came about."""
    return {
        outcome: count
        for (_, name, outcome), count in metrics.calls.series.items()
        if name == command
    }


async def test_what_a_full_server_refuses_is_counted_as_unavailable(
    redis: MeasuredRedis, metrics: RedisMetrics
) -> None:
    async with full(redis):
        with pytest.raises(OutOfMemoryError):
            await redis.set("key", "value")
    assert outcomes(metrics, "SET") == {"unavailable": 1}


async def test_so_is_a_pipeline_whose_caller_asks_for_no_exception(
    redis: MeasuredRedis, metrics: RedisMetrics
) -> None:
    async with full(redis), redis.pipeline(transaction=False) as pipe:
        pipe.set("key", "value")
        pipe.get("key")
        answers = await pipe.execute(raise_on_error=False)
    assert isinstance(answers[0], OutOfMemoryError)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.set("key", "value")
        pipe.lpush("key", "no list")
        await pipe.execute(raise_on_error=False)
    assert outcomes(metrics, "PIPELINE") == {"unavailable": 1, "ok": 1}
