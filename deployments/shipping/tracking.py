"""Moves shipments along: asks their carriers, and writes down and publishes what has moved.

Any number may do so at once. Each takes shipments that nobody else has, and moves one only from
the state that it saw; a carrier that is asked twice goes by its idempotency key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from deployments.foundation.rpc.deadline import within
from deployments.foundation.values.clock import Clock
from deployments.shipping.carrier import Carriers
from deployments.shipping.contract import Advanced
from deployments.shipping.domain.parcels import Label, Stage, TrackingStatus
from deployments.shipping.domain.shipments import MOVES, State, Tracked, pause_after
from deployments.shipping.shipment_store import ShipmentStore, Taken

CARRIER_SECONDS = 5.0
"""How long a carrier may take for all that it is asked about one shipment at a time."""
LEASE = timedelta(seconds=30)
"""For how long shipments belong to whoever took them: longer than all of it can take."""
SHORTEST_PAUSE_SECONDS = 0.5
"""Before that a carrier is not asked again, whatever it says."""

Outcome = Literal["moved", "same", "failed"]
_BEFORE: Mapping[Stage, frozenset[State]] = {
    "waiting": frozenset(),
    "dispatched": frozenset({"created"}),
    "delivered": frozenset({"created", "dispatched"}),
}
"""The states of a shipment that lie before what its carrier says."""
_log = logging.getLogger(__name__)


class Tracking:
    """One pass over what is due is a round trip, and up to three for each shipment in it."""

    def __init__(self, store: ShipmentStore, carriers: Carriers, clock: Clock) -> None:
        self._store, self._carriers, self._clock = store, carriers, clock

    async def advance(self, limit: int) -> Advanced:
        """Look at what is due, all at once, so that a slow carrier holds up nobody else's."""
        due = await self._store.take_due(limit, self._clock(), LEASE)
        looks = await asyncio.gather(*map(self._look, due), return_exceptions=True)
        outcomes = [_outcome(look) for look in looks]
        moved, failed = outcomes.count("moved"), outcomes.count("failed")
        return Advanced(count=len(due), moved=moved, failed=failed)

    async def _look(self, due: Taken) -> Outcome:
        try:
            tracked = due.read()
            async with within(CARRIER_SECONDS):
                label, progress = await self._ask(tracked)
        except Exception as why:  # noqa: BLE001 - whatever it was, the others are not to wait.
            await self._put_off(due, why)
            return "failed"
        return await self._note(tracked, label, progress)

    async def _ask(self, tracked: Tracked) -> tuple[Label, TrackingStatus]:
        """The carrier's label for a shipment, which is kept as soon as there is one, and news."""
        carrier, label = self._carriers.of(tracked.shipment.carrier), tracked.label
        if label is None:
            booked = await carrier.book(tracked.shipment.parcel())
            label = await self._store.label(tracked.shipment.id, booked)
        return label, await carrier.look_up(label.tracking_number)

    async def _put_off(self, due: Taken, why: Exception) -> None:
        """Ask later, and later each time. A failure is worth a line when it is the first."""
        failures = int(due.failures or 0) + 1
        if failures == 1:
            _log.warning("shipment %s is put off: %s: %s", due.id, type(why).__name__, why)
        again = self._clock() + timedelta(seconds=pause_after(failures))
        await self._store.look_again(due.id, again, failures)

    async def _note(self, tracked: Tracked, label: Label, progress: TrackingStatus) -> Outcome:
        """Move a shipment to where its carrier says that it is, state by state."""
        now = self._clock()
        again = now + timedelta(seconds=max(progress.again_seconds, SHORTEST_PAUSE_SECONDS))
        outcome: Outcome = "same"
        while tracked.state in _BEFORE[progress.stage]:
            target, _ = MOVES[tracked.state]
            then = None if target == "delivered" else again
            if await self._store.move(tracked, label, now, then):
                outcome = "moved"
            tracked = tracked.model_copy(update={"state": target})
        if outcome == "same":
            await self._store.look_again(tracked.shipment.id, again)
        return outcome


def _outcome(look: Outcome | BaseException) -> Outcome:
    """What became of a look; what kept it from being written down is raised."""
    if isinstance(look, BaseException):
        raise look
    return look
