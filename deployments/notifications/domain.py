"""Notifications' rules: which event is told to whom, and what an address and a link are worth."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from deployments.carts.events import CartAbandoned
from deployments.foundation.http.ucp import Json
from deployments.foundation.http.ucp_prices import totals
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.message import Currency, Message
from deployments.foundation.values.text import is_email
from deployments.orders.events import OrderDelivered, OrderPlaced, OrderShipped
from deployments.payments.events import PaymentRefunded

Purpose = Literal["transactional", "promotional"]
"""Mail about what a buyer has ordered, and everything else, which one can opt out of."""
PROMOTION_LASTS = timedelta(days=2)
"""A reminder that could not be sent for so long is not sent at all."""


class MailSource(NamedTuple):
    """The event that a mail is about, and when it happened."""

    event: str
    at: datetime


class OrderNote(Message):
    """What later mails have to know of an order."""

    order_id: str
    label: str
    payment_id: str
    currency: Currency
    buyer_email: str | None = None


@dataclass(frozen=True)
class MailNotice:
    """One event that one buyer is to be mailed about.

    `template` is rendered with `details`. There may be no address `to` mail to. The notice of an
    order, `order_id`, is not sent once that is cancelled.
    """

    source: MailSource
    to: str | None
    template: str
    purpose: Purpose = "transactional"
    details: Mapping[str, object] = field(default_factory=dict)
    order_id: str | None = None

    def reason_to_skip(self, now: datetime) -> str | None:
        """Why it need not be sent; none if it must be."""
        if not self.to or not self.to.strip():
            return "no address"
        if not is_email(self.to.strip()):
            return "not an address"
        if self.purpose == "promotional" and now - self.source.at > PROMOTION_LASTS:
            return "too late"
        return None


def note_of(order: OrderPlaced) -> OrderNote:
    """What is remembered of an order."""
    return OrderNote(
        order_id=order.order_id,
        label=order.label,
        payment_id=order.payment_id,
        currency=order.currency,
        buyer_email=order.buyer_email,
    )


def order_placed(source: MailSource, order: OrderPlaced) -> MailNotice:
    """The confirmation of an order, which it makes no sense to send once it is cancelled."""
    details = {"order": order, "totals": order_totals(order), "arrives": _arrival(order)}
    return MailNotice(
        source, order.buyer_email, "order_placed", details=details, order_id=order.order_id
    )


def order_totals(order: OrderPlaced) -> list[Json]:
    """How an order's total comes about from its lines, as UCP's `totals` list it."""
    subtotal = sum(line.quantity * line.unit_price for line in order.lines)
    return totals(
        subtotal,
        items_discount=subtotal - order.subtotal,
        discount=order.shipping_discount,
        fulfillment=order.shipping + order.shipping_discount,
        tax=order.tax,
        tax_name=order.tax_name,
    )


def cart_totals(cart: CartAbandoned) -> list[Json]:
    """How a cart's total comes about from its lines, as UCP's `totals` list it."""
    subtotal = sum(line.quantity * line.unit_price for line in cart.lines)
    return totals(subtotal, items_discount=cart.discount, tax=cart.tax)


def _arrival(order: OrderPlaced) -> str:
    return format_days(order.delivery.earliest.date(), order.delivery.latest.date())


def order_shipped(source: MailSource, parcel: OrderShipped, order: OrderNote) -> MailNotice:
    """A parcel is on its way, with all of an order, the last of it, or a part."""
    return MailNotice(source, order.buyer_email, "order_shipped", details={"parcel": parcel})


def order_delivered(source: MailSource, parcel: OrderDelivered, order: OrderNote) -> MailNotice:
    """A parcel has arrived."""
    return MailNotice(source, order.buyer_email, "order_delivered", details={"parcel": parcel})


def order_cancelled(source: MailSource, order: OrderNote) -> MailNotice:
    """An order that was confirmed, or was going to be, is cancelled."""
    return MailNotice(source, order.buyer_email, "order_cancelled", details={"order": order})


def payment_refunded(source: MailSource, refund: PaymentRefunded, order: OrderNote) -> MailNotice:
    """Money was given back."""
    details = {"order": order, "refund": refund}
    return MailNotice(source, order.buyer_email, "payment_refunded", details=details)


def cart_abandoned(source: MailSource, cart: CartAbandoned) -> MailNotice:
    """A reminder of what is left in a cart."""
    to = cart.buyer_email if cart.lines else None
    return MailNotice(
        source, to, "cart_abandoned", "promotional", {"cart": cart, "totals": cart_totals(cart)}
    )


def address_id(address: str, secret: str) -> str:
    """What stands for an address where the address itself is not to be read."""
    return _mac(secret, "address", address.strip().casefold())


def link_token(id_: str, secret: str) -> str:
    """A token that only this store can make, for whoever has the address."""
    return f"{id_}.{_mac(secret, 'unsubscribe', id_)}"


def address_of_link(token: str, secret: str) -> str | None:
    """The id of the address that a token was made for; none if it was not made here."""
    id_, _, _ = token.partition(".")
    genuine = hmac.compare_digest(token.encode(), link_token(id_, secret).encode())
    return id_ if genuine else None


def _mac(secret: str, purpose: str, text: str) -> str:
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
