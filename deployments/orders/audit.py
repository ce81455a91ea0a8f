"""The checks of orders' own books: totals add up, platforms find their orders, events are true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.published import CountedRecords, PublishedEvents, Truth, as_told
from deployments.foundation.events.publishing import Envelope
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import OrderedItem
from deployments.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from deployments.orders.records import OrderRecord, OrderRecords, ShipmentState

_ORDER_FIELDS = ("platform", "checkout_id", "payment_id", "reservation_id", "currency")
_SHIPMENT_STATES: Mapping[str, ShipmentState] = {
    OrderShipped.type: "shipped",
    OrderDelivered.type: "delivered",
}


class OrdersAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = OrderRecords(redis)

    async def totals(self) -> Findings:
        """Every order's totals, to the cent."""
        count, wrong = await self._inspection.each(self._records.ids(), self._sums)
        return Findings({"orders": count}, tuple(wrong))

    async def _sums(self, ids: Sequence[str]) -> Suspects:
        records = await self._records.records(ids)
        return suspects((id_, order_is_whole(record)) for id_, record in records.items())

    async def lists(self) -> Findings:
        """Every order's place on its platform's list."""
        count, wrong = await self._inspection.each(self._records.ids(), self._listed)
        return Findings({"orders": count}, tuple(wrong))

    async def _listed(self, ids: Sequence[str]) -> Suspects:
        records = await self._records.records(ids)
        return suspects((id_, order_is_listed(record)) for id_, record in records.items())

    async def events(self) -> Findings:
        """What was published of orders."""
        records = self._records
        truth = Truth(records.records, order_is_published)
        counts = CountedRecords(records.ids, records.records)
        return await PublishedEvents("orders", self._redis, self._inspection, truth, counts).check()


def order_is_whole(record: OrderRecord) -> Iterator[Discrepancy]:
    """An order can be read, and adds up."""
    if record.placed is not None:
        yield from order_adds_up(record.key, record.placed)
    elif record.found:
        yield Discrepancy("order_unreadable", (record.key,), "The order cannot be read.")


def order_adds_up(key: str, order: PlaceOrder) -> Iterator[Discrepancy]:
    """Lines make the subtotal, the discount and the tax, and these the total."""
    for item in order.items:
        yield from _line_adds_up(key, item)
    totals, prices = order.totals, [item.price for item in order.items]
    sums = {
        "subtotal": (totals.subtotal, sum(price.subtotal for price in prices)),
        "discount": (totals.items_discount, sum(price.discount for price in prices)),
        "tax": (totals.tax, sum(price.tax for price in prices)),
        "total": (
            totals.total,
            sum(price.total for price in prices) + totals.fulfillment - totals.discount,
        ),
    }
    for name, (stated, due) in sums.items():
        if stated != due:
            what = f"The {name} is {stated}, what it is made of comes to {due}."
            yield Discrepancy(f"{name}_is_off", (key,), what)
    if totals.discount > totals.fulfillment:
        what = f"{totals.discount} are taken off shipping for {totals.fulfillment}."
        yield Discrepancy("shipping_below_zero", (key,), what)


def _line_adds_up(key: str, item: OrderedItem) -> Iterator[Discrepancy]:
    price, due = item.price, item.unit_price * item.quantity
    if (price.subtotal, price.total) != (due, due - price.discount + price.tax):
        what = (
            f"{item.quantity} of {item.sku} at {item.unit_price}: subtotal {price.subtotal}, "
            f"discount {price.discount}, tax {price.tax}, total {price.total}."
        )
        yield Discrepancy("line_is_off", (f"{key} {item.id}",), what)


def order_is_listed(record: OrderRecord) -> Iterator[Discrepancy]:
    """An order is on its platform's list until it is withdrawn."""
    if record.placed is None:
        return
    if record.withdrawn and record.listed_at is not None:
        yield Discrepancy("withdrawn_but_listed", (record.key,), "It was withdrawn.")
    if not record.withdrawn and record.listed_at is None:
        yield Discrepancy("not_listed", (record.key,), f"{record.placed.platform} cannot find it.")


def order_is_published(key: str, envelope: Envelope, record: OrderRecord) -> Iterator[Discrepancy]:
    """A placed order is there as it was told, and a cancelled one is withdrawn."""
    keys, data = (key, record.key), envelope.data
    if not record.found:
        yield Discrepancy("no_such_order", keys, f"The order of a {envelope.type} does not exist.")
    if envelope.type == OrderCancelled.type and record.found and not record.withdrawn:
        yield Discrepancy("order_not_cancelled", keys, "Told as cancelled, it was not withdrawn.")
    if envelope.type == OrderPlaced.type and record.placed is not None:
        written = record.placed.model_dump(include={*_ORDER_FIELDS})
        written["total"] = record.placed.totals.total
        yield from as_told("order_differs", keys, data, written)
    if record.found and not _has_come_so_far(envelope, record):
        yield Discrepancy("order_not_so_far", keys, f"It was told as {envelope.type}, but is not.")


def _has_come_so_far(envelope: Envelope, record: OrderRecord) -> bool:
    """Whether an order is paid, refunded, and its shipment on its way, as it was told."""
    data = envelope.data
    if envelope.type == OrderPaid.type:
        return record.paid
    if envelope.type == OrderRefunded.type:
        return record.refunded >= int(data.get("refund", 0))
    if envelope.type in _SHIPMENT_STATES:
        return record.has_reached(str(data.get("shipment_id")), _SHIPMENT_STATES[envelope.type])
    return True
