"""The saga's steps, each beside its undo, and the stages in which they are taken.

Steps of one stage are taken in parallel. Every step carries `saga:step` as its key; an undo names
the step that it undoes, so that the step is rejected if it arrives later.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deployments.carts.contract.goods import Goods
from deployments.catalog.contract import ItemsUnavailable
from deployments.checkout.contract import Session
from deployments.checkout.replies import Saga
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.deadline import within
from deployments.foundation.values.address import PostalAddress
from deployments.inventory.contract import (
    InventoryApi,
    ReservationStep,
    ReserveStock,
    StockLine,
    UndoReservation,
)
from deployments.orders.contract import OrdersApi, PlacedOrder, PlaceOrder, UndoPlacement
from deployments.orders.contract.order import OrderDelivery, OrderedItem
from deployments.payments.contract import (
    AuthorisePayment,
    Instrument,
    PaymentsApi,
    PaymentStep,
    UndoAuthorisation,
)
from deployments.pricing.contract import PricingApi, RedeemCodes, UndoRedemption

HOLD_SECONDS = 15 * 60
"""How long a reservation is held if nobody allocates or undoes it: far longer than a saga."""
SALE_SECONDS = 0.5
"""How long completing waits to learn that everything is still on sale."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompletionAttempt:
    """One try at completing: the saga, and the instrument while its client is still there."""

    saga: Saga
    instrument: Instrument | None = None

    def key(self, step: str) -> str:
        """The key of a step, `saga:step`."""
        return f"{self.saga.id}:{step}"

    @property
    def session(self) -> Session:
        """What is being bought."""
        return self.saga.session

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that lower this total, which are those to redeem."""
        return tuple(found.code for found in self.session.priced.discounts if found.code)


Take = Callable[[CompletionAttempt], Awaitable[object]]


@dataclass(frozen=True)
class Step:
    """Something to take, and what takes it back; none for what follows the point of no return."""

    name: str
    take: Take
    undo: Take | None


class Steps:
    """All steps, upon the services that take them."""

    def __init__(
        self,
        goods: Goods,
        inventory: InventoryApi,
        pricing: PricingApi,
        payments: PaymentsApi,
        orders: OrdersApi,
    ) -> None:
        self._goods, self._inventory, self._pricing = goods, inventory, pricing
        self._payments, self._orders = payments, orders
        self.stages: dict[str, tuple[Step, ...]] = {
            "reserving": (
                Step("check_sale", self._check_sale, None),
                Step("reserve", self._reserve, self._release),
                Step("redeem", self._redeem, self._return_redemption),
            ),
            "authorising": (
                Step("authorise", self._authorise, self._void),
                # Giving the reservation back undoes its allocation with it.
                Step("allocate", self._allocate, None),
            ),
            "placing": (Step("place", self.place, self._withdraw),),
            "settling": (
                Step("commit", self._commit, None),
                Step("capture", self._capture, None),
            ),
        }

    async def _check_sale(self, attempt: CompletionAttempt) -> None:
        """What was on sale when it was shown must be so still. Rejects with `ItemsUnavailable`.

        Without the catalogue it is sold as it was shown.
        """
        skus = [line.sku for line in attempt.session.lines]
        try:
            async with within(SALE_SECONDS):
                resolved = await self._goods.resolve(skus)
        except (DependencyUnavailable, TimeoutError) as away:
            _log.warning("%s is completed without the catalogue: %s", attempt.session.id, away)
            return
        if reasons := resolved.unavailable(skus):
            raise ItemsUnavailable(" ".join(reasons.values()), reasons=reasons)

    async def _reserve(self, attempt: CompletionAttempt) -> None:
        lines = tuple(
            StockLine(
                sku=line.sku,
                quantity=line.quantity,
                # Nobody gets less than he agreed to: what was here when it was shown must be.
                may_wait=line.awaited.units if line.awaited else 0,
            )
            for line in attempt.session.lines
        )
        await self._inventory.reserve(
            ReserveStock(
                key=attempt.key("reserve"),
                reservation_id=attempt.saga.id,
                lines=lines,
                seconds=HOLD_SECONDS,
            )
        )

    async def _release(self, attempt: CompletionAttempt) -> None:
        await self._inventory.release(
            UndoReservation(undoes=attempt.key("reserve"), reservation_id=attempt.saga.id)
        )

    async def _redeem(self, attempt: CompletionAttempt) -> None:
        if attempt.codes:
            customer = (attempt.session.buyer or {}).get("email")
            await self._pricing.redeem(
                RedeemCodes(key=attempt.key("redeem"), codes=attempt.codes, customer=customer)
            )

    async def _return_redemption(self, attempt: CompletionAttempt) -> None:
        if attempt.codes:
            await self._pricing.undo_redemption(UndoRedemption(undoes=attempt.key("redeem")))

    async def _authorise(self, attempt: CompletionAttempt) -> None:
        if attempt.instrument is None:
            raise RuntimeError("a saga without its client's instrument must be undone")
        await self._payments.authorise(
            AuthorisePayment(
                key=attempt.key("authorise"),
                payment_id=attempt.saga.id,
                checkout_id=attempt.session.id,
                amount=attempt.session.priced.totals.total,
                currency=attempt.session.currency,
                instrument=attempt.instrument,
            )
        )

    async def _void(self, attempt: CompletionAttempt) -> None:
        await self._payments.void(
            UndoAuthorisation(undoes=attempt.key("authorise"), payment_id=attempt.saga.id)
        )

    async def _allocate(self, attempt: CompletionAttempt) -> None:
        await self._inventory.allocate(
            ReservationStep(key=attempt.key("allocate"), reservation_id=attempt.saga.id)
        )

    async def place(self, attempt: CompletionAttempt) -> PlacedOrder:
        """The point of no return: from here the saga only goes forward."""
        return await self._orders.place(order_of(attempt))

    async def _withdraw(self, attempt: CompletionAttempt) -> None:
        await self._orders.withdraw(
            UndoPlacement(undoes=attempt.key("place"), order_id=attempt.saga.order_id)
        )

    async def _commit(self, attempt: CompletionAttempt) -> None:
        await self._inventory.commit(
            ReservationStep(key=attempt.key("commit"), reservation_id=attempt.saga.id)
        )

    async def _capture(self, attempt: CompletionAttempt) -> None:
        await self._payments.capture(
            PaymentStep(key=attempt.key("capture"), payment_id=attempt.saga.id)
        )


def order_of(attempt: CompletionAttempt) -> PlaceOrder:
    """The order that a session becomes."""
    session = attempt.session
    place, option = session.delivery.destination, session.delivery.option
    if place is None or option is None:
        raise RuntimeError(f"session {session.id} is being completed without a delivery")
    items = tuple(
        OrderedItem(
            id=line.id,
            sku=line.sku,
            title=line.title,
            unit_price=line.unit_price,
            quantity=line.quantity,
            price=price,
            awaited=line.awaited,
            image_path=line.image_path,
        )
        for line, price in zip(session.lines, session.priced.lines, strict=True)
    )
    return PlaceOrder(
        key=attempt.key("place"),
        order_id=attempt.saga.order_id,
        platform=session.platform,
        checkout_id=session.id,
        payment_id=attempt.saga.id,
        reservation_id=attempt.saga.id,
        currency=session.currency,
        items=items,
        totals=session.priced.totals,
        tax_name=session.priced.tax_name,
        delivery=OrderDelivery(
            title=option.title,
            carrier=option.carrier,
            earliest=option.earliest,
            latest=option.latest,
            address=PostalAddress.model_validate(place.model_dump()),
        ),
        buyer_email=(session.buyer or {}).get("email"),
    )
