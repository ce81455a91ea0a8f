"""How orders' keys are spelled; `store.py` says what is under them.

All that is about one order has one hash tag: that of its partition where keys are grouped by it
(`FIELDHOUSE_PARTITIONED=orders`), and else the service's own. So there are sixteen of each list,
and `{orders:7}:events:7` is the one stream beside them. Versions, the indexing, the layout and what
every service keeps (leases, dead letters, rates) have the service's own tag always.

A label's number leaves its partition's remainder by sixteen, and is above all that the partition
has given out and its caller knows of. So numbers have gaps, and those of orders that are placed at
once need not be in their order.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.values.partitions import Layout, layout_of, partition_of

SERVICE = "orders"
WHOLE = Layout(SERVICE)
"""The layout of a store whose orders are not grouped."""


class OrderKeys(NamedTuple):
    """Where what is known of an order is. `tag` is in braces."""

    tag: str
    id: str

    @classmethod
    def of(cls, order_id: str, layout: Layout | None = None) -> OrderKeys:
        """An order's, as the environment says unless a layout is given."""
        return cls((layout or layout_of(SERVICE)).tag(order_id), order_id)

    @property
    def order(self) -> str:
        """The order itself."""
        return prefix(self.tag, "order") + self.id

    @property
    def history(self) -> str:
        """What happened to it."""
        return prefix(self.tag, "history") + self.id

    @property
    def stream(self) -> str:
        """What was published of it, and of others."""
        return f"{self.tag}:events:{partition_of(self.id)}"

    @property
    def labels(self) -> str:
        """The last label that was given out beside it."""
        return f"{self.tag}:labels"

    @property
    def numbers(self) -> str:
        """Where it is listed by its number."""
        return numbers_key(self.tag)

    def platform(self, platform: str) -> str:
        """Where its platform's orders are listed."""
        return prefix(self.tag, "platform") + platform

    def payment(self, payment_id: str) -> str:
        """Where it says that a payment pays for it."""
        return payment_key(self.tag, payment_id)

    def step(self, step: str) -> str:
        """What became of a step that placed it or was undone."""
        return prefix(self.tag, "step") + step

    def inbox(self, event: str) -> str:
        """What a script is told of an event's place in its inbox."""
        return inbox_key(self.tag[1:-1], event)


_Kind = Literal["order", "history", "platform", "payment", "step", "inbox"]


def prefix(tag: str, kind: _Kind) -> str:
    """What the keys of a kind with a hash tag begin with."""
    return f"{tag}:{kind}:"


def numbers_key(tag: str) -> str:
    """Where orders with a hash tag are listed by their number."""
    return f"{tag}:numbers"


def payment_key(tag: str, payment_id: str) -> str:
    """Where it says, with a hash tag, which order a payment pays for."""
    return prefix(tag, "payment") + payment_id
