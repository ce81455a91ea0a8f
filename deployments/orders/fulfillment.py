"""How an order gets to its buyer: the shipments it leaves in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import Field

from deployments.foundation.http.ucp import Json
from deployments.foundation.values.message import Message

ShipmentState = Literal["processing", "shipped", "delivered"]
"""How far a shipment has come, as UCP's fulfillment events name it."""
STATES: tuple[ShipmentState, ...] = get_args(ShipmentState)
"""In their order."""
_TIMES = {"processing": "created_at", "shipped": "shipped_at", "delivered": "delivered_at"}


class LineUnits(Message):
    """Units of an order's line; `id` is the line's."""

    id: str
    quantity: int = Field(ge=1)


class ShippedParcel(Message):
    """A shipment as one event about it tells: there is nothing to track before it was shipped."""

    id: str
    carrier: str
    lines: tuple[LineUnits, ...]
    tracking_number: str | None = None
    tracking_url: str | None = None

    def to_ucp(self, state: str, at: datetime) -> Json:
        """The fulfillment event that this parcel has come so far, which it does once."""
        told = self.model_dump(include={"carrier", "tracking_number", "tracking_url"})
        return {
            "id": f"{self.id}_{state}",
            "type": state,
            "occurred_at": at.isoformat(),
            "line_items": [line.model_dump() for line in self.lines],
            **{name: value for name, value in told.items() if value is not None},
        }


class OrderShipment(ShippedParcel):
    """A shipment as it stands, and when it got there; a time is none if nobody told it."""

    state: ShipmentState
    created_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None

    def has_reached(self, state: ShipmentState) -> bool:
        """Whether it has come so far, or farther."""
        return STATES.index(self.state) >= STATES.index(state)


def moved(
    known: OrderShipment | None, parcel: ShippedParcel, state: str, at: datetime
) -> OrderShipment:
    """A shipment, if it was known already, in a further state, with what is told of it now."""
    before = {} if known is None else known.model_dump()
    now = parcel.model_dump(exclude_none=True)
    return OrderShipment.model_validate({**before, **now, "state": state, _TIMES[state]: at})
