"""Staff's composition root. It has no public routes: the back office calls it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.staff.audit_store import AuditStore
from deployments.staff.consumers import StaffConsumers
from deployments.staff.contract import StaffApi
from deployments.staff.loops import audit_retention
from deployments.staff.passwords import Passwords
from deployments.staff.service import StaffService, Stores
from deployments.staff.session_store import SessionStore
from deployments.staff.store import StaffStore
from deployments.staff.token_store import TokenStore


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    passwords: Passwords | None = None,
) -> Composition:
    """Staff upon its Redis. `passwords` hashes them, if not with the effort that it should take."""
    passwords = passwords or Passwords()
    stores = Stores(StaffStore(redis), SessionStore(redis), TokenStore(redis), AuditStore(redis))
    service = StaffService(stores, passwords, clock, meter)

    async def stop() -> None:
        passwords.close()

    return Composition(
        api=StaffApi,
        service=service,
        subscriptions=StaffConsumers(service).subscriptions(),
        loops=[audit_retention(stores.audit_log, settings().audit_kept, clock)],
        stop=stop,
    )
