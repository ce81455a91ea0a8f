"""What a session's contents come to, asked of the services that know: three calls deep at most."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from deployments.carts.contract.contents import (
    CartLine,
    code_notices,
    currency_of,
    lines_of,
    price_lines,
    with_stock,
)
from deployments.carts.contract.goods import RECENT_SECONDS, Goods
from deployments.checkout.contract import SessionContents, SessionDelivery, Status, WantedDelivery
from deployments.checkout.domain import (
    delivery_of,
    missing,
    selected_destination,
    status_of,
    undeliverable,
    when_all_is_here,
)
from deployments.foundation.http.ucp import Notice
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.recent import RecentAnswers
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.message import Currency, Message
from deployments.foundation.values.places import country_code
from deployments.pricing.contract import Priced, PriceRequest, PricingApi, TaxAddress
from deployments.shipping.contract import (
    Destination,
    ParcelLine,
    RateShipment,
    ShippingApi,
    ShippingOptions,
    Undeliverable,
)


class Quote(Message):
    """The part of a session that follows from its contents."""

    lines: tuple[CartLine, ...]
    currency: Currency
    delivery: SessionDelivery
    priced: Priced
    notices: tuple[Notice, ...]
    status: Status


class Quoter:
    """Turns contents into a quote. Rejects with carts' `NothingToBuy` and `MixedCurrencies`."""

    def __init__(
        self,
        goods: Goods,
        shipping: ShippingApi,
        pricing: PricingApi,
        *,
        seconds: float = RECENT_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        self._goods, self._shipping, self._pricing = goods, shipping, pricing
        self._clock = clock
        self._options = RecentAnswers(self._rate, seconds, along=0, clock=clock)

    async def quote(self, contents: SessionContents, kept: frozenset[str], platform: str) -> Quote:
        """The quote for a platform; lines keep ids that are in `kept`."""
        resolved = await self._goods.resolve(line.item_id for line in contents.lines)
        lines, unknown = lines_of(contents.lines, resolved, kept)
        currency = currency_of(resolved.items.values())
        (delivery, undelivered), (lines, about_stock) = await asyncio.gather(
            self._deliver(lines, contents.delivery), self._check_stock(lines)
        )
        delivery = when_all_is_here(delivery, lines, self._clock())
        priced = await self._price(lines, contents.codes, delivery, platform)
        by_region = priced.taxed_by_region
        lacking = missing(contents.buyer, delivery, taxed_by_region=by_region)
        notices = (*unknown, *about_stock, *undelivered, *lacking, *code_notices(priced))
        return Quote(
            lines=lines,
            currency=currency,
            delivery=delivery,
            priced=priced,
            notices=notices,
            status=status_of(notices),
        )

    async def _deliver(
        self, lines: tuple[CartLine, ...], wanted: WantedDelivery
    ) -> tuple[SessionDelivery, tuple[Notice, ...]]:
        selected = selected_destination(wanted)
        place = next((place for place in wanted.destinations if place.id == selected), None)
        country = country_code((place and place.address_country) or "")
        if place is None or country is None:
            return delivery_of(wanted, None), ()
        destination = Destination(
            country=country,
            region=place.address_region,
            postal_code=place.postal_code,
        )
        wanted_rates = RateShipment(lines=_parcel(lines), destination=destination)
        try:
            quoted = (await self._options.about([wanted_rates]))[wanted_rates]
        except Undeliverable as rejection:
            return delivery_of(wanted, None), (undeliverable(rejection),)
        return delivery_of(wanted, quoted), ()

    async def _check_stock(
        self, lines: tuple[CartLine, ...]
    ) -> tuple[tuple[CartLine, ...], tuple[Notice, ...]]:
        try:
            units = await self._goods.units(line.sku for line in lines)
        except DependencyUnavailable:
            # Stock is only shown here; completing reserves it, or refuses.
            return lines, ()
        return with_stock(lines, units)

    async def _rate(
        self, wanted: tuple[RateShipment, ...]
    ) -> Mapping[RateShipment, ShippingOptions]:
        """Choosing an option asks about the same parcel to the same place once more."""
        return {one: await self._shipping.options(one) for one in wanted}

    async def _price(
        self,
        lines: tuple[CartLine, ...],
        codes: tuple[str, ...],
        delivery: SessionDelivery,
        platform: str,
    ) -> Priced:
        place, option = delivery.destination, delivery.option
        address = None
        if place is not None and delivery.country is not None:
            address = TaxAddress(country=delivery.country, region=place.address_region)
        return await self._pricing.price(
            PriceRequest(
                lines=price_lines(lines),
                codes=codes,
                address=address,
                shipping=None if option is None else option.amount,
                platform=platform,
            )
        )


def _parcel(lines: tuple[CartLine, ...]) -> tuple[ParcelLine, ...]:
    return tuple(
        ParcelLine(sku=line.sku, quantity=line.quantity, weight_grams=line.weight_grams)
        for line in lines
    )
