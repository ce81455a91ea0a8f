"""Orders against payments: each order is paid once and in full, and no money is kept for nothing.

The check remembers which payment pays for which order, so its memory grows with the orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from commands.audit.books import Books
from deployments.checkout.records import SagaRecord
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.orders.contract import PlaceOrder
from deployments.orders.records import OrderRecord
from deployments.payments.records import Payment, PaymentRecord

_NO_MONEY = frozenset({"declined", "voided"})


class OrdersAndPayments:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._paid: dict[str, str] = {}
        """The first order that names a payment, by payment."""

    async def check(self) -> Findings:
        """Every order, then every payment."""
        inspection, books = self._books.inspection, self._books
        orders, unpaid = await inspection.each(books.orders.ids(), self._orders)
        _, idle = await inspection.each(books.payments.ids(), self._payments)
        return Findings({"orders": orders}, (*unpaid, *idle))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        placed = {id_: record.order for id_, record in orders.items() if record.order}
        named = [order.payment_id for order in placed.values()]
        sagas = await self._books.checkout.sagas(named)
        payments = await self._books.payments.records(named)
        return suspects(
            (
                id_,
                [
                    *order_is_paid(orders[id_].key, order, sagas[paid], payments[paid]),
                    *self._pays_once(orders[id_], paid, payments[paid]),
                ],
            )
            for (id_, order), paid in zip(placed.items(), named, strict=True)
        )

    def _pays_once(
        self, order: OrderRecord, payment_id: str, payment: PaymentRecord
    ) -> Iterator[Discrepancy]:
        first = self._paid.setdefault(payment_id, order.key)
        if first != order.key:
            keys = (order.key, first, payment.key)
            yield Discrepancy("payment_shared", keys, "Two orders name one payment.")

    async def _payments(self, ids: Sequence[str]) -> Suspects:
        sagas = await self._books.checkout.sagas(ids)
        payments = await self._books.payments.records(ids)
        late = {saga.order_id for id_, saga in sagas.items() if id_ not in self._paid}
        orders = await self._books.orders.records(sorted(late))
        ordered = {id_ for id_, saga in sagas.items() if id_ in self._paid or _names(saga, orders)}
        return suspects(
            (id_, payment_has_its_order(payments[id_], saga, ordered=id_ in ordered))
            for id_, saga in sagas.items()
        )


def _names(saga: SagaRecord, orders: Mapping[str, OrderRecord]) -> bool:
    """Whether a saga's order names the saga's payment, or is there but cannot be read."""
    record = orders.get(saga.order_id)
    if record is None or record.order is None:
        return record is not None and record.found and not record.withdrawn
    return record.order.payment_id == saga.id


def order_is_paid(
    key: str, order: PlaceOrder, saga: SagaRecord, record: PaymentRecord
) -> Iterator[Discrepancy]:
    """An order's payment is captured, or will be by its open saga, for exactly its total."""
    keys, payment = (key, record.key), record.payment
    if saga.stage is not None and saga.order_id != order.order_id:
        what = f"Its payment was made for order {saga.order_id}."
        yield Discrepancy("payment_of_another_order", (*keys, saga.key), what)
    if not record.found:
        yield Discrepancy("payment_missing", keys, "The order has no payment.")
    if payment is None:
        return
    if not (payment.status == "captured" or _will_be_captured(payment, saga)):
        yield Discrepancy("not_paid", keys, f"The order's payment is {payment.status}.")
    charged = (payment.amount, payment.currency)
    if charged != (order.totals.total, order.currency):
        due = f"The order comes to {order.totals.total} {order.currency}"
        what = f"{due}, its payment to {payment.amount} {payment.currency}."
        yield Discrepancy("amount_differs", keys, what)
    if payment.checkout_id != order.checkout_id:
        what = f"The payment is for {payment.checkout_id}, the order for {order.checkout_id}."
        yield Discrepancy("payment_of_another_checkout", keys, what)


def _will_be_captured(payment: Payment, saga: SagaRecord) -> bool:
    return saga.is_open and payment.status in {"authorised", "capturing"}


def payment_has_its_order(
    record: PaymentRecord, saga: SagaRecord, *, ordered: bool
) -> Iterator[Discrepancy]:
    """Money that is held or taken belongs to an order, or to a saga that has not ended."""
    if record.payment is None:
        return
    status = record.payment.status
    if saga.is_open or ordered or status in _NO_MONEY:
        return
    rule = "captured_without_order" if status == "captured" else "held_without_order"
    fate = "there is no saga" if saga.stage is None else f"its saga is {saga.stage}"
    yield Discrepancy(rule, (record.key, saga.key), f"It is {status}, no order names it, {fate}.")
