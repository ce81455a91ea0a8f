"""What staff subscribes to: every event of every service that carries a `Change`.

They are found among what services declare, so that no change can be left out of the audit log.
"""

from __future__ import annotations

import inspect
from importlib import import_module

from deployments.foundation.events.publishing import Envelope, Event
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.values.authorship import Change
from deployments.staff.service import StaffService
from deployments.topology import TOPOLOGY

FIELD = "change"
"""The field of an event that says who changed something."""
_GATHER_SECONDS = 1.0
"""Nearly all events of these publishers are about purchases, and nobody waits for the audit log."""


class StaffConsumers:
    """Gives events to the service."""

    def __init__(self, service: StaffService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that staff subscribes to."""
        found = ((one.name, changes_of(one.name)) for one in TOPOLOGY if one.publishes)
        return [
            Subscription(
                publisher, dict.fromkeys(events, self._changed), gather_seconds=_GATHER_SECONDS
            )
            for publisher, events in found
            if events
        ]

    async def _changed(self, envelope: Envelope) -> None:
        told = envelope.data.get(FIELD)
        if told is not None:  # Nobody of staff did it.
            await self._service.changed(envelope.id, Change.model_validate(told))


def changes_of(publisher: str) -> list[type[Event]]:
    """The events of a service that carry a change."""
    declared = vars(import_module(f"deployments.{publisher}.events")).values()
    return [
        one
        for one in declared
        if inspect.isclass(one) and issubclass(one, Event) and FIELD in one.model_fields
        if "type" in vars(one)
    ]
