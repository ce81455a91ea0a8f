"""Load is put on a store on this machine only, and what follows a purchase is measured."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from rich.console import Console

from commands import load
from commands.load import LoadRun, on_this_machine, webhooks
from commands.loading.buyers import Buyers, plentiful
from commands.loading.display import LevelProgress, show
from commands.loading.figures import LoadLevel, highest, lags, percentile
from commands.loading.mail_times import MailTimes
from commands.loading.webhook_receiver import WebhookReceiver
from commands.page import ConsolePage
from commands.storefront import StoreError
from deployments.foundation.events.consumer import Consumer
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.placement.host import Host
from tests.conftest import ClientOf
from tests.in_process import store_in_process
from tests.unit.notifications.composed_notifications import FAST_OPTIONS

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
async def store(
    redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Host]:
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    async with store_in_process(redis_of) as store:
        yield store


@pytest.fixture
async def shop(store: Host) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    transport = httpx.ASGITransport(store.app())
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL, headers=headers) as client:
        yield client


@pytest.fixture
async def mailing(store: Host, redis_of: ClientOf) -> AsyncIterator[None]:
    """Notifications consumes what is published."""
    connect: Callable[[str], Redis] = lambda _publisher: redis_of("notifications")  # noqa: E731
    subscriptions = store.services["notifications"].subscriptions
    consumer = Consumer(
        "notifications", redis_of("notifications"), connect, subscriptions, options=FAST_OPTIONS
    )
    running = asyncio.create_task(consumer.run())
    yield
    running.cancel()
    await asyncio.wait([running])


def page() -> tuple[ConsolePage, io.StringIO]:
    written = io.StringIO()
    console = Console(file=written, width=200, highlight=False, markup=False, emoji=False)
    made = ConsolePage(console)
    console.width = 200
    return made, written


@pytest.mark.usefixtures("mailing")
async def test_what_is_bought_is_counted_and_followed_to_its_mail(
    shop: httpx.AsyncClient, redis_of: ClientOf
) -> None:
    told, written = page()
    notifications = redis_of("notifications")
    mails = MailTimes(notifications, notifications)
    levels = await LoadRun(Buyers(shop, plentiful()), mails, None, LevelProgress(told)).run(
        [1, 2], 0.5
    )
    assert [level.buyers for level in levels] == [1, 2]
    for level in levels:
        assert level.orders
        assert not level.trouble
        assert len(level.orders) == len(level.completing) == len(level.mailed)
        assert all(lag > 0 for lag in level.mailed)
    show(told, levels)
    best = highest(levels)
    assert f"At most {best.rate:.1f} purchases a second" in written.getvalue()
    assert "From order placed to mail handed over then: p50" in written.getvalue()


async def test_mails_that_never_come_are_told_and_not_waited_for_for_ever(
    shop: httpx.AsyncClient, redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MOST_SILENT_SECONDS", 0.2)
    told, written = page()
    notifications = redis_of("notifications")
    mails = MailTimes(notifications, notifications)
    (level,) = await LoadRun(Buyers(shop, plentiful()), mails, None, LevelProgress(told)).run(
        [1], 0.1
    )
    assert level.trouble == {"mails or webhooks that never came": len(level.orders)}
    assert "never came" in written.getvalue()


async def test_what_the_store_refuses_is_no_purchase(shop: httpx.AsyncClient) -> None:
    level = LoadLevel(2)
    shop.headers["X-API-Key"] = "nobody's"
    await Buyers(shop, plentiful()).shop(level, 0.05)
    assert not level.orders
    assert level.trouble.keys() == {"401"}


async def test_a_store_that_sends_nothing_to_this_machine_is_measured_without_webhooks(
    shop: httpx.AsyncClient,
) -> None:
    told, written = page()
    async with webhooks(shop, told) as receiver:
        assert receiver is None
    said = " ".join(written.getvalue().split())
    assert "Webhooks are not measured: Give an absolute https URL." in said
    assert "FIELDHOUSE_WEBHOOKS_LOOPBACK=allow" in said


async def test_a_receiver_notes_when_it_first_received_an_order() -> None:
    receiver = WebhookReceiver()
    async with receiver.listening() as url, httpx.AsyncClient() as sender:
        assert (await sender.post(url, json={"id": "order_1"})).status_code == 204
        first = dict(receiver.received)
        assert first.keys() == {"order_1"}
        assert (await sender.post(url, json={"id": "order_1"})).status_code == 204
        assert receiver.received == first


@pytest.mark.parametrize("url", ["http://store.example", "http://192.0.2.1:8000"])
async def test_a_store_elsewhere_is_left_alone(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        with pytest.raises(StoreError, match="this machine"):
            on_this_machine(client)


@pytest.mark.parametrize("url", [LOCAL, "http://localhost:8000", "http://[::1]:8000"])
async def test_a_store_here_is_not(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        assert on_this_machine(client) is client


def test_percentiles_are_values_that_there_were() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, part) for part in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.5) == 7.0
    assert math.isnan(percentile([], 0.5))


def test_a_lag_needs_both_of_its_ends() -> None:
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    ends = {"a": begin + timedelta(seconds=2), "c": begin}
    assert lags(["a", "b", "c"], {"a": begin, "b": begin}, ends) == [2.0]
