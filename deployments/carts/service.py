"""Carts' service: one method per method of its contract."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from deployments.carts.contract import (
    AbandonedPublished,
    CancelCart,
    Cart,
    CreateCart,
    GetCart,
    PublishAbandoned,
    ReplaceCart,
    cart_bought,
)
from deployments.carts.contract.contents import (
    CartContents,
    CartLine,
    code_notices,
    currency_of,
    lines_of,
    price_lines,
    with_stock,
)
from deployments.carts.contract.goods import Goods
from deployments.carts.domain import (
    LIFETIME,
    DeliveryEstimate,
    bought_notice,
    delivery_notice,
    discounts_unknown,
    ended_offers,
    list_prices,
)
from deployments.carts.store import CartsStore
from deployments.foundation.http.idempotency import stale_version
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.pricing.contract import Priced, PriceRequest, PricingApi


class CartsService:
    """Implements `CartsApi`."""

    def __init__(
        self,
        store: CartsStore,
        goods: Goods,
        pricing: PricingApi,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._clock = store, clock
        self._goods, self._pricing = goods, pricing

    async def create(self, request: CreateCart) -> Cart:
        """See `CartsApi`."""
        try:
            cart = await self._fill(new_id("cart"), request.platform, request.contents)
        except (Rejection, DependencyUnavailable):
            # Nothing took effect now, but a request that is repeated gets its first answer all the
            # same. Only here is that worth a round trip: the script that creates looks it up too.
            before = await self._store.answered(request.request)
            if before is None:
                raise
            return before
        return await self._store.create(cart, request.request, self._clock())

    async def get(self, request: GetCart) -> Cart:
        """See `CartsApi`."""
        now = self._clock()
        cart, delivery = await self._store.read(request.cart_id, request.platform, now)
        if cart.order_id is not None:
            return cart.model_copy(update={"notices": (bought_notice(cart.order_id),)})
        if delivery is None:
            return cart
        shown = delivery_notice(delivery, cart.currency, now)
        return cart.model_copy(update={"notices": (*cart.notices, shown)})

    async def replace(self, request: ReplaceCart) -> Cart:
        """See `CartsApi`."""
        current, answered = await self._store.read_to_replace(request, self._clock())
        if answered:
            return current
        if current.order_id is not None:
            raise cart_bought(current.order_id)
        if request.expected_version not in {None, current.version}:
            raise stale_version(current.version)
        cart = await self._fill(current.id, current.platform, request.contents, current)
        return await self._store.replace(cart, request, self._clock())

    async def cancel(self, request: CancelCart) -> Cart:
        """See `CartsApi`."""
        return await self._store.cancel(request, self._clock())

    async def publish_abandoned(self, request: PublishAbandoned) -> AbandonedPublished:
        """See `CartsApi`."""
        now = self._clock()
        until = now - timedelta(seconds=request.seconds)
        return AbandonedPublished(
            count=await self._store.publish_abandoned(until, request.limit, now)
        )

    async def mark_bought(self, cart_id: str, platform: str, order_id: str, event_id: str) -> None:
        """An event says that the cart was bought: it is closed from now on."""
        await self._store.mark_bought(cart_id, platform, order_id, event_id)

    async def keep_estimate(self, delivery: DeliveryEstimate, event_id: str) -> None:
        """An event says how a cart can be delivered: reading the cart shows it from now on."""
        await self._store.keep_estimate(delivery, event_id)

    async def _fill(
        self, cart_id: str, platform: str, contents: CartContents, before: Cart | None = None
    ) -> Cart:
        """A cart with these contents: one call for its prices, and one each for what was not asked
        about a moment ago."""
        resolved = await self._goods.resolve(line.item_id for line in contents.lines)
        kept = [line.id for line in before.lines] if before else []
        lines, unknown = lines_of(contents.lines, resolved, kept)
        currency = currency_of(resolved.items.values())
        (priced, about_prices), (lines, about_stock) = await asyncio.gather(
            self._price(lines, contents.codes, platform, before), self._check_stock(lines)
        )
        return Cart(
            id=cart_id,
            platform=platform,
            version=1,
            lines=lines,
            codes=contents.codes,
            buyer=contents.buyer,
            context=contents.context,
            currency=currency,
            priced=priced,
            notices=(*unknown, *about_stock, *about_prices),
            expires_at=self._clock() + LIFETIME,
        )

    async def _price(
        self,
        lines: tuple[CartLine, ...],
        codes: tuple[str, ...],
        platform: str,
        before: Cart | None,
    ) -> tuple[Priced, tuple[Notice, ...]]:
        request = PriceRequest(lines=price_lines(lines), codes=codes, platform=platform)
        try:
            priced = await self._pricing.price(request)
        except DependencyUnavailable:
            # A cart is an estimate: a checkout prices what it sells anew, or refuses.
            return list_prices(lines), (discounts_unknown(),)
        ended = ended_offers(before, lines, priced) if before else ()
        return priced, (*ended, *code_notices(priced))

    async def _check_stock(
        self, lines: tuple[CartLine, ...]
    ) -> tuple[tuple[CartLine, ...], tuple[Notice, ...]]:
        try:
            units = await self._goods.units(line.sku for line in lines)
        except DependencyUnavailable:
            # A cart promises no stock: completing the checkout reserves it, or refuses.
            return lines, ()
        return with_stock(lines, units)
