"""The sandbox carrier: parcels move along by the clock, and nothing is brought anywhere.

It keeps no books. A tracking number says when the parcel was ordered, and where the parcel is
follows from that; so a key that is used again gets the same number by itself.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from deployments.foundation.values.clock import Clock
from deployments.shipping.domain.parcels import Label, Parcel, TrackingStatus

TRACKING_URL = "https://fieldhouse.example/track"
_PREFIX = "SBX"


class SandboxCarrier:
    """Implements `Carrier`, for every carrier that the shipped methods name."""

    names = frozenset({"XRQ", "ZY", "J-Fast", "Overseas", "Cargo Transport 5"})

    def __init__(self, dispatch_seconds: float, delivery_seconds: float, clock: Clock) -> None:
        self._dispatch, self._delivery, self._clock = dispatch_seconds, delivery_seconds, clock

    async def book(self, parcel: Parcel) -> Label:
        """A number made of the time and the key."""
        digest = hashlib.sha256(parcel.key.encode()).hexdigest()
        ordered = int(parcel.ordered_at.timestamp() * 1000)
        number = f"{_PREFIX}{ordered:x}-{digest[:16]}".upper()
        return Label(tracking_number=number, tracking_url=f"{TRACKING_URL}/{number}")

    async def look_up(self, tracking_number: str) -> TrackingStatus:
        """Waiting, then on its way for the time that delivery takes, then delivered for good."""
        ordered, _, _ = tracking_number.removeprefix(_PREFIX).partition("-")
        age = (self._clock() - datetime.fromtimestamp(int(ordered, 16) / 1000, UTC)).total_seconds()
        if age < self._dispatch:
            return TrackingStatus("waiting", self._dispatch - age)
        left = self._dispatch + self._delivery - age
        return TrackingStatus("dispatched", left) if left > 0 else TrackingStatus("delivered", 0.0)
