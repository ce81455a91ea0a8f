"""What is planted in Redis behind the store's back, and where."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

from deployments.foundation.events.publishing import stream_of
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.checkout.services import BIKE

GHOST = "saga_ghost"
NO_SAGA = "{checkout}:saga:saga_ghost"
STOCK = "{inventory}:stock"
LEDGER = "{inventory}:ledger"
HOLDS = "{inventory}:holds"
ACTIVE = "{checkout}:sagas:active"
ORDERS = "{orders}:order:"
BIKES, SOLD_BIKES = f"{STOCK} {BIKE.sku} at location 1", f"{STOCK} {BIKE.sku}"

Plant = Callable[[AuditedStore, Purchase], Awaitable[set[Finding]]]
"""Plants something about a purchase of one bike, and says what is to be found.

Some wrongs break several rules, and then all of them say so.
"""


class Plants(list[Plant]):
    """The cases of a module: each is planted in a store that audits clean."""

    def planted(self, plant: Plant) -> Plant:
        """Add a case."""
        self.append(plant)
        return plant


def name_of(plant: Plant) -> str:
    """How a case is called."""
    return str(getattr(plant, "__name__", plant))


async def find(audited: AuditedStore, bike: Purchase, plant: Plant) -> None:
    """What is planted is found, exactly."""
    assert await audited.audit() == set()
    expected = await plant(audited, bike)
    found = await audited.audit()
    assert found == expected, found ^ expected


async def entered(audited: AuditedStore, fields: dict[str, object]) -> str:
    """Put an entry into the ledger; the key by which it is named."""
    return f"{LEDGER} {cast(str, await audited.admin.xadd(LEDGER, cast(Any, fields)))}"


async def event_about(
    audited: AuditedStore, service: str, subject: str
) -> tuple[str, str, dict[str, Any]]:
    """The last event about a subject: its stream, its entry, and what it says."""
    stream = stream_of(service, subject)
    for entry, fields in cast(
        list[tuple[str, dict[str, str]]], await audited.admin.xrevrange(stream)
    ):
        event: dict[str, Any] = json.loads(fields["event"])
        if event["subject"] == subject:
            return stream, entry, event
    raise AssertionError(f"nothing was said of {subject}")


async def publish(audited: AuditedStore, stream: str, event: object) -> str:
    """Append to a stream; the key by which the entry is named."""
    entry = await audited.admin.xadd(stream, {"event": json.dumps(event)})
    return f"{stream} {cast(str, entry)}"
