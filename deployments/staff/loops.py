"""What staff does again and again: lets go of what the audit log has kept for long enough."""

from __future__ import annotations

from datetime import timedelta

from deployments.foundation.events.loop import Loop
from deployments.foundation.values.clock import Clock
from deployments.staff.audit_store import TRIMMED_AT_ONCE, AuditStore

_EVERY_SECONDS = 600.0


def audit_retention(store: AuditStore, kept: timedelta, clock: Clock) -> Loop:
    """Keeps entries for as long as `kept` says, in every replica."""

    async def tick() -> bool:
        return await store.trim(clock() - kept) == TRIMMED_AT_ONCE

    return Loop("the audit log's retention", tick, every=_EVERY_SECONDS)
