"""What every service's events have in common: their envelope, their order, and their atomicity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from redis.commands.core import AsyncScript
from redis.exceptions import ResponseError

from deployments.foundation.events.publishing import (
    ENTRY_FIELD,
    Event,
    event_of,
    occasion,
    parse,
    schema_of,
    stream_of,
    streams_of,
)
from deployments.foundation.redis.connection import script
from deployments.foundation.values.partitions import PARTITIONS
from deployments.foundation.values.trace import traceparent, tracing
from tests.conftest import ClientOf
from tests.published_events import entries_of, published

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Moved(Event):
    type: ClassVar[str] = "org.fieldhouse.webhooks.moved.v1"
    subject: ClassVar[str] = "thing"
    thing: str
    places: tuple[str, ...] = ()


@pytest.fixture
def moving(redis_of: ClientOf, tmp_path: Path) -> AsyncScript:
    """A script that publishes `Moved` of each of its ARGV, and fails after all if one is `fail`."""
    path = tmp_path / "moving.lua"
    path.write_text(
        f"""
        for _, thing in ipairs(ARGV) do if thing == 'fail' then error('FAIL') end end
        for _, thing in ipairs(ARGV) do
          local data = with('{{"places":[]}}', {{ thing = thing }})
          publish('{Moved.type}', thing, data, KEYS[1], thing)
        end
        return {{#KEYS, #ARGV}}
        """
    )
    return script(redis_of("webhooks"), path, "publish")


async def move(moving: AsyncScript, *things: str) -> object:
    keys = ["{webhooks}:counters", *streams_of("webhooks")]
    return await moving(keys=keys, args=[*things, occasion("webhooks", AT)])


async def test_an_event_reads_as_it_was_published(moving: AsyncScript, redis_of: ClientOf) -> None:
    with tracing(TRACE):
        await move(moving, "bälle / 1")
    (event,) = await published(redis_of("webhooks"), "webhooks")
    assert event_of(event, Moved) == Moved(thing="bälle / 1")
    assert (event.source, event.subject) == ("/services/webhooks", "bälle / 1")
    assert (
        event.dataschema == schema_of(Moved.type) == f"https://fieldhouse.org/events/{Moved.type}"
    )
    assert (event.sequence, event.time, event.traceparent) == (1, AT, TRACE)


async def test_a_script_sees_only_its_own_keys_and_arguments(moving: AsyncScript) -> None:
    assert await move(moving, "a", "b") == [1, 2]


async def test_events_are_numbered_within_their_subject_however_many_publish(
    moving: AsyncScript, redis_of: ClientOf
) -> None:
    things = [f"thing {n}" for n in range(40)]
    await asyncio.gather(*(move(moving, *things) for _ in range(5)))
    events = await published(redis_of("webhooks"), "webhooks")
    assert len({event.id for event in events}) == len(events) == 200
    for thing in things:
        assert [e.sequence for e in events if e.subject == thing] == [1, 2, 3, 4, 5]


async def test_a_script_finds_the_stream_that_its_readers_know(
    moving: AsyncScript, redis_of: ClientOf
) -> None:
    redis = redis_of("webhooks")
    things = [f"thing {n}" for n in range(100)]
    await move(moving, *things)
    for stream in streams_of("webhooks"):
        entries = await entries_of(redis, stream)
        assert all(set(entry) == {ENTRY_FIELD} for entry in entries)
        assert all(stream_of("webhooks", parse(entry).subject) == stream for entry in entries)
        assert entries


async def test_a_script_that_fails_publishes_nothing(
    moving: AsyncScript, redis_of: ClientOf
) -> None:
    with pytest.raises(ResponseError, match="FAIL"):
        await move(moving, "a", "fail")
    assert await published(redis_of("webhooks"), "webhooks") == []


async def test_an_event_is_not_taken_for_another(moving: AsyncScript, redis_of: ClientOf) -> None:
    class Renamed(Moved):
        type: ClassVar[str] = "org.fieldhouse.webhooks.moved.v2"

    await move(moving, "a")
    (event,) = await published(redis_of("webhooks"), "webhooks")
    with pytest.raises(ValueError, match=r"moved\.v1"):
        event_of(event, Renamed)


@pytest.mark.parametrize("entry", [{}, {"event": "{}"}, {"event": "nonsense"}, {"other": "x"}])
def test_what_is_no_event_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        parse(entry)


@given(st.text())
def test_every_subject_has_one_of_sixteen_streams(subject: str) -> None:
    assert stream_of("webhooks", subject) in streams_of("webhooks")
    assert len(set(streams_of("webhooks"))) == PARTITIONS


def test_work_without_a_trace_begins_one() -> None:
    assert traceparent() != traceparent()


@pytest.mark.parametrize(
    "header", [None, "", "nonsense", TRACE.upper(), f"00-{'0' * 32}-b7ad6b7169203331-01"]
)
def test_a_malformed_trace_is_replaced_for_all_of_the_block(header: str | None) -> None:
    with tracing(header) as trace:
        assert traceparent() == traceparent() == trace != header


def test_a_trace_ends_with_its_block() -> None:
    with tracing(TRACE), tracing(None) as inner:
        assert traceparent() == inner != TRACE
    assert traceparent() != TRACE
