"""Notifications' service: one method per contract method, and per event that buyers are mailed.

A mail has three steps: the store lets one sender begin, the mailer hands the mail over, the store
records that it did. They run detached, with a deadline of their own, so that a handler that is
cancelled, because its lease was lost or its process is ending, does not separate sending from
recording. Another handler of the event finds that a sender is at work, and retries later.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from deployments.carts.events import CartAbandoned
from deployments.foundation.rpc.detach import detach
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.notifications import domain
from deployments.notifications.contract import (
    Addressee,
    LinkNotValid,
    OptOutLink,
    Preferences,
    SetPreferences,
)
from deployments.notifications.domain import MailNotice, MailSource, OrderNote
from deployments.notifications.mailer import Mailer
from deployments.notifications.metrics import MailMetrics
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.store import NotificationsStore
from deployments.orders.events import OrderCancelled, OrderDelivered, OrderPlaced, OrderShipped
from deployments.payments.events import PaymentRefunded

SEND_SECONDS = 15.0
"""How long a mailer may take for one mail."""
_MARGIN_SECONDS = 5.0
HANDLER_SECONDS = SEND_SECONDS + _MARGIN_SECONDS
"""How long an event takes at most, waiting for Redis included."""
CLAIM_SECONDS = HANDLER_SECONDS + _MARGIN_SECONDS
"""When a sender counts as dead: later than any that is still at work."""


class BeingSentError(Exception):
    """Another sender may still be sending this mail. It has finished, or counts as dead, soon."""


class OrderNotKnownError(Exception):
    """The event is about an order that notifications has not been told of yet."""


@dataclass(frozen=True)
class Outlet:
    """How mails leave: what writes them, and what takes them over.

    `links` is the URL that opt-out links begin with. Without it mails have none.
    """

    renderer: MailRenderer
    mailer: Mailer
    links: str | None = None


class NotificationsService:
    """Implements `NotificationsApi`, and mails buyers about events.

    An event takes three round trips to Redis and no call.
    """

    def __init__(
        self,
        store: NotificationsStore,
        outlet: Outlet,
        clock: Clock = utc_now,
        metrics: MailMetrics | None = None,
    ) -> None:
        self._store, self._outlet, self._clock = store, outlet, clock
        self._metrics = metrics or MailMetrics()

    # Preferences

    async def preferences(self, request: Addressee) -> Preferences:
        """See `NotificationsApi`."""
        return await self._preferences(await self._address_id(request.address))

    async def set_preferences(self, request: SetPreferences) -> Preferences:
        """See `NotificationsApi`."""
        id_ = await self._address_id(request.address)
        return await self._prefer(id_, promotional=request.promotional)

    async def preferences_of(self, request: OptOutLink) -> Preferences:
        """See `NotificationsApi`."""
        return await self._preferences(await self._linked(request))

    async def unsubscribe(self, request: OptOutLink) -> Preferences:
        """See `NotificationsApi`."""
        return await self._prefer(await self._linked(request), promotional=False)

    async def resubscribe(self, request: OptOutLink) -> Preferences:
        """See `NotificationsApi`."""
        return await self._prefer(await self._linked(request), promotional=True)

    async def _preferences(self, address_id: str) -> Preferences:
        return Preferences(promotional=not await self._store.opted_out(address_id))

    async def _prefer(self, address_id: str, *, promotional: bool) -> Preferences:
        await self._store.opt_out(address_id, out=not promotional)
        return Preferences(promotional=promotional)

    async def _linked(self, link: OptOutLink) -> str:
        id_ = domain.address_of_link(link.token, await self._store.secret())
        if id_ is None:
            raise LinkNotValid("This link is not whole, or was not made by this store.")
        return id_

    async def _address_id(self, address: str) -> str:
        return domain.address_id(address, await self._store.secret())

    # Events

    async def order_placed(self, source: MailSource, order: OrderPlaced) -> None:
        """Confirm an order, and remember it for later mails."""
        await self._store.remember(domain.note_of(order))
        await self._notify(domain.order_placed(source, order))

    async def order_cancelled(self, source: MailSource, order: OrderCancelled) -> None:
        """Say that an order was cancelled. Raises `OrderNotKnownError`."""
        note = _known(await self._store.cancel(order.order_id), order.order_id)
        await self._notify(domain.order_cancelled(source, note))

    async def order_shipped(self, source: MailSource, parcel: OrderShipped) -> None:
        """Say that a parcel is on its way. Raises `OrderNotKnownError`."""
        await self._notify(domain.order_shipped(source, parcel, await self._order(parcel.order_id)))

    async def order_delivered(self, source: MailSource, parcel: OrderDelivered) -> None:
        """Say that a parcel has arrived. Raises `OrderNotKnownError`."""
        await self._notify(
            domain.order_delivered(source, parcel, await self._order(parcel.order_id))
        )

    async def _order(self, order_id: str) -> OrderNote:
        return _known(await self._store.order(order_id), order_id)

    async def payment_refunded(self, source: MailSource, refund: PaymentRefunded) -> None:
        """Say that money was given back. Raises `OrderNotKnownError`."""
        note = await self._store.order_of_payment(refund.payment_id)
        await self._notify(domain.payment_refunded(source, refund, _known(note, refund.payment_id)))

    async def cart_abandoned(self, source: MailSource, cart: CartAbandoned) -> None:
        """Remind a buyer of a cart."""
        await self._notify(domain.cart_abandoned(source, cart))

    # Sending

    async def _notify(self, notice: MailNotice) -> None:
        """Mail a notice to its buyer, once. Raises what prevents that."""
        why = notice.reason_to_skip(self._clock())
        if why is not None:
            await self._store.skip(notice, why)
            self._metrics.skipped()
            return
        work = self._deliver(notice, new_id("sender"))
        await detach(work, seconds=HANDLER_SECONDS, name=f"mail {notice.source.event}")

    async def _deliver(self, notice: MailNotice, sender: str) -> None:
        id_ = await self._address_id(notice.to or "")
        start = await self._store.begin(notice, sender, id_)
        if start == "under_way":
            raise BeingSentError(notice.source.event)
        if start == "send":
            await self._send(notice, sender, id_)

    async def _send(self, notice: MailNotice, sender: str, address_id: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                link = await self._link(notice, address_id)
                mail = self._outlet.renderer.write(notice, link)
                with self._metrics.handing_over():
                    await self._outlet.mailer.send(mail, notice.source.event)
        except Exception:
            await self._store.failed(notice, sender)
            raise
        await self._store.sent(notice, sender, self._clock())

    async def _link(self, notice: MailNotice, address_id: str) -> str | None:
        if notice.purpose == "transactional" or self._outlet.links is None:
            return None
        token = domain.link_token(address_id, await self._store.secret())
        return f"{self._outlet.links}/{token}"


def _known(note: OrderNote | None, of: str) -> OrderNote:
    if note is None:
        raise OrderNotKnownError(of)
    return note
