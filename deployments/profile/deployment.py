"""The profile's composition root. It has neither Redis nor dependencies, so it cannot be ill."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.http.signing import signing_keys
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.profile.routes import ProfileRoutes


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
) -> Composition:
    """The profile, with the public halves of the store's signing keys."""
    keys = [key.public for key in signing_keys()]
    return Composition(routes=ProfileRoutes(settings().public_url, keys).routes())
