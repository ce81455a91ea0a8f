"""A purchase is one trace, from the request to the mail and the webhook, wherever services run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.foundation.values.trace import new_trace
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Shopper, line_items
from tests.otlp_receiver import Collector, Received, otlp_collector
from tests.placements import PLACEMENTS, Placement
from tests.unit.webhooks.receiver import receiver

PARENT = "00f067aa0ba902b7"
"""The client's own span."""
NEVER = "00-{}-{}-00"
"""A trace of which its client says that it is not recorded."""


def new_id() -> str:
    """A trace's id."""
    return new_trace().split("-")[1]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with otlp_collector() as collector:
        yield collector


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(PLACEMENTS[0], id=PLACEMENTS[0].name),
        pytest.param(PLACEMENTS[-1], id=PLACEMENTS[-1].name, marks=pytest.mark.long),
    ],
)
def traced(request: pytest.FixtureRequest, collector: Collector) -> Iterator[RunningStore]:
    """A store that tells the collector of everything."""
    placement: Placement = request.param
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    store = RunningStore(placement, directory / "data", directory / "output")
    store.start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.address)
    yield store
    assert store.stop() == 0, store.tell()
    store.forget()
    shutil.rmtree(directory)


def whole(spans: list[Received], client: str) -> bool:
    """Whether each span has its parent here, and the first ones the client's."""
    known = {span.id for span in spans} | {client}
    return bool(spans) and all(span.parent in known for span in spans)


async def test_a_purchase_is_one_trace_up_to_mail_and_webhook(
    traced: RunningStore, collector: Collector
) -> None:
    id_ = new_id()
    trace = f"00-{id_}-{PARENT}-01"
    async with receiver() as hook, traced.client(traceparent=trace) as client:
        made = await client.post("/webhooks", json={"url": hook.url})
        assert made.status_code == 201, made.text
        shopper = Shopper(client)
        bought = await shopper.complete(await shopper.open([("TI-M267", 1)]))
        assert bought["status"] == "completed"

        def followed() -> bool:
            names = {span.name for span in collector.of(id_)}
            return {"send mail", "deliver webhook", "complete_checkout"} <= names

        collector.wait_for(followed)
        await client.delete(f"/webhooks/{made.json()['id']}")
    spans = collector.of(id_)
    names = {(span.service, span.name) for span in spans}
    assert {
        ("checkout", "complete_checkout"),
        ("checkout", "payments.authorise"),
        ("checkout", "orders.place"),
        ("orders", "EVALSHA"),
        ("notifications", "process org.fieldhouse.orders.placed.v1"),
        ("notifications", "send mail"),
        ("webhooks", "deliver webhook"),
    } <= names
    if traced.placement.config is not None:
        assert ("orders", "place") in names, "the callee's side, in another process"
    collector.wait_for(lambda: whole(collector.of(id_), PARENT))
    secrets = ("ada@example.com", "success_token", "Main St")
    assert not [span for span in spans for secret in secrets if secret in span.attributes]


async def test_what_fails_is_kept_though_its_trace_is_not_recorded(
    traced: RunningStore, collector: Collector
) -> None:
    id_, other = new_id(), new_id()
    async with traced.client(traceparent=NEVER.format(id_, PARENT)) as client:
        shopper = Shopper(client)
        session = await shopper.open([("TI-M267", 1)])
        assert (await shopper.complete(session, "fail_token"))["messages"]
        client.headers["traceparent"] = NEVER.format(other, PARENT)
        await client.post("/carts", json={"line_items": line_items([("TI-M267", 1)])})

    def told() -> bool:
        return any(span.name == "complete_checkout" for span in collector.of(id_))

    collector.wait_for(told)
    assert any(span.name == "payments.authorise" for span in collector.of(id_))
    assert collector.of(other) == [], "nothing failed, and the client wants none recorded"
