"""What the running store logs, how an operator reads it, and what is not in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from commands.ports import free_port
from commands.run_settings import PROJECT
from tests.eventually import eventually
from tests.faults.written import written
from tests.integration.running_store import RunningStore
from tests.integration.shopper import ADDRESS, Shopper
from tests.integration.test_monitoring import environment, said

BUYER = ("ada@example.com", *(ADDRESS[name] for name in ("street_address", "address_locality")))


@contextmanager
def following(store: RunningStore, service: str) -> Iterator[Iterator[dict[str, Any]]]:
    """What `fieldhouse logs --follow` prints, event by event."""
    command = [sys.executable, "-u", "-m", "commands", "logs", service, "--follow", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment(store)
    ) as process:
        assert process.stdout is not None
        try:
            yield map(json.loads, process.stdout)
        finally:
            process.terminate()


@pytest.mark.on_ray
@pytest.mark.parametrize("service", ["orders", "webhooks"])
def test_logs_are_of_one_service_and_say_where_they_come_from(
    store: RunningStore, service: str
) -> None:
    lines = [json.loads(line) for line in said(store, "logs", service, "--json").splitlines()]
    assert any(line["message"] == f"{service} runs here" for line in lines)
    for line in lines:
        assert line["service"] == service
        assert line["replica"]
        assert line["release"]
        assert line["level"] in {"INFO", "WARNING", "ERROR", "CRITICAL"}


@pytest.mark.long_on_ray
@pytest.mark.on_ray
async def test_who_follows_sees_what_is_logged_from_then_on_with_its_trace(
    store: RunningStore, client: httpx.AsyncClient
) -> None:
    url = f"http://127.0.0.1:{free_port()}/nobody"
    made = await client.post("/webhooks", json={"url": url})
    assert made.status_code == 201, made.text
    with following(store, "webhooks") as events:
        assert any(event["message"] == "webhooks runs here" for event in events)
        shopper = Shopper(client)
        await shopper.complete(await shopper.open([("TI-M267", 1)]))
        event = next(event for event in events if made.json()["id"] in event["message"])
    assert "retry" in event["message"]
    assert len(event["trace"]) == 32
    await client.delete(f"/webhooks/{made.json()['id']}")


@pytest.mark.on_ray
async def test_nothing_about_a_buyer_is_logged(
    store: RunningStore, client: httpx.AsyncClient
) -> None:
    shopper = Shopper(client)
    await shopper.complete(await shopper.open([("TI-M267", 1)]), "fail_token")
    await shopper.complete(await shopper.open([("TI-M267", 1)]))

    async def is_mailed() -> bool:
        """Whether a buyer is found where he belongs; he must not be found in a log."""
        logged = mailed = 0
        async for writing in written(store):
            logged += writing.kind == "log"
            found = [word for word in BUYER if word.encode() in writing.content]
            assert writing.kind != "log" or not found, f"{writing.where} has {found}"
            mailed += writing.kind == "mail" and bool(found)
        assert logged
        return bool(mailed)

    await eventually(is_mailed)


@pytest.mark.placed("process")
def test_a_store_without_ray_says_that_it_has_no_such_logs(store: RunningStore) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "commands", "logs", "orders"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env=environment(store),
    )
    assert ended.returncode == 2
    assert "No store runs" in ended.stderr
