"""Checkout's service: one method per method of its contract."""

from __future__ import annotations

import logging
from datetime import datetime

from deployments.carts.contract import CartsApi, GetCart, cart_bought
from deployments.checkout.contract import (
    CancelSession,
    CompleteSession,
    CreatedSession,
    CreateSession,
    GetSession,
    Recovered,
    RecoverSagas,
    ReplaceSession,
    Session,
    SessionClosed,
    SessionContents,
)
from deployments.checkout.domain import LIFETIME, as_of
from deployments.checkout.quote import Quote, Quoter
from deployments.checkout.recovery import Recovery
from deployments.checkout.saga import DRIVE_SECONDS, Driver
from deployments.checkout.steps import CompletionAttempt
from deployments.checkout.store import CheckoutStore
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import detach
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.foundation.values.partitions import new_id_beside

_log = logging.getLogger(__name__)


class CheckoutService:
    """Implements `CheckoutApi`."""

    def __init__(
        self,
        store: CheckoutStore,
        carts: CartsApi,
        quoter: Quoter,
        driver: Driver,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._carts = store, carts
        self._quoter, self._driver = quoter, driver
        self._recovery = Recovery(driver)
        self._clock = clock

    async def create(self, request: CreateSession) -> CreatedSession:
        """See `CheckoutApi`."""
        try:
            session = await self._draw_up(request)
        except (Rejection, DependencyUnavailable):
            # Nothing took effect now, but a request that is repeated gets its first answer all the
            # same. Only here is that worth a round trip: the script that creates looks it up too.
            before = await self._store.created(request.request)
            if before is None:
                raise
            return before
        return await self._store.create(session, request.request, self._clock())

    async def _draw_up(self, request: CreateSession) -> Session:
        """A new session for the contents, or for those of the cart."""
        contents, kept = request.contents, frozenset[str]()
        if request.cart_id is not None:
            contents = await self._contents_of_cart(request.cart_id, request.platform, contents)
            kept = frozenset(line.id for line in contents.lines if line.id)
        quote = await self._quoter.quote(contents, kept, request.platform)
        until = self._clock() + LIFETIME
        session = _session(new_id("checkout"), request.platform, contents, quote, until)
        return session.model_copy(update={"cart_id": request.cart_id})

    async def _contents_of_cart(
        self, cart_id: str, platform: str, contents: SessionContents
    ) -> SessionContents:
        # UCP (cart): the cart's contents are used, and what overlaps them in the request is not.
        cart = await self._carts.get(GetCart(cart_id=cart_id, platform=platform))
        if cart.order_id is not None:
            raise cart_bought(cart.order_id)
        return contents.model_copy(
            update={
                "lines": tuple(line.to_wanted() for line in cart.lines),
                "codes": cart.codes,
                "buyer": cart.buyer or contents.buyer,
                "context": cart.context or contents.context,
            }
        )

    async def get(self, request: GetSession) -> Session:
        """See `CheckoutApi`."""
        session = await self._store.read(request.session_id, request.platform)
        return as_of(session, self._clock())

    async def replace(self, request: ReplaceSession) -> Session:
        """See `CheckoutApi`."""
        current, before = await self._store.read_with(
            request.session_id, request.platform, request.request
        )
        if before is not None:
            return before
        kept = frozenset(line.id for line in current.lines)
        quote = await self._quoter.quote(request.contents, kept, request.platform)
        session = _session(
            current.id, current.platform, request.contents, quote, current.expires_at
        )
        session = session.model_copy(update={"cart_id": current.cart_id})
        now = self._clock()
        try:
            return await self._store.replace(session, request, now)
        except SessionClosed as closed:
            raise _as_of(closed, now) from closed

    async def complete(self, request: CompleteSession) -> Session:
        """See `CheckoutApi`. Goes on when the caller leaves."""
        name = f"complete {request.session_id}"
        try:
            return await detach(self._complete(request), seconds=DRIVE_SECONDS, name=name)
        except TimeoutError as late:
            raise DependencyUnavailable("checkout", "the completion is left to recovery") from late

    async def _complete(self, request: CompleteSession) -> Session:
        now = self._clock()
        try:
            # What is known of an order's payment, which has the saga's id, lies with the order.
            saga_id = new_id("saga")
            order_id = new_id_beside("order", saga_id)
            begun = await self._driver.sagas.begin(request, saga_id, order_id, now)
        except SessionClosed as closed:
            raise _as_of(closed, now) from closed
        if isinstance(begun, Session):
            return begun
        return await self._driver.drive(CompletionAttempt(begun, request.instrument))

    async def cancel(self, request: CancelSession) -> Session:
        """See `CheckoutApi`."""
        now = self._clock()
        try:
            return await self._store.cancel(request, now)
        except SessionClosed as closed:
            raise _as_of(closed, now) from closed

    async def recover(self, request: RecoverSagas) -> Recovered:
        """See `CheckoutApi`."""
        claimed, ended = await self._recovery.run(request.limit)
        return Recovered(claimed=claimed, ended=ended)


def _session(
    session_id: str,
    platform: str,
    contents: SessionContents,
    quote: Quote,
    expires_at: datetime,
) -> Session:
    return Session(
        id=session_id,
        platform=platform,
        version=1,
        status=quote.status,
        lines=quote.lines,
        codes=contents.codes,
        buyer=contents.buyer,
        context=contents.context,
        currency=quote.currency,
        delivery=quote.delivery,
        priced=quote.priced,
        notices=quote.notices,
        expires_at=expires_at,
    )


def _as_of(closed: SessionClosed, now: datetime) -> SessionClosed:
    return SessionClosed(closed.sentence, session=as_of(closed.session, now))
