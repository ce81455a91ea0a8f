"""Rules and requests that several tests use."""

from __future__ import annotations

from datetime import UTC, datetime

from deployments.pricing.contract import (
    DiscountCode,
    Offer,
    PriceLine,
    PriceRequest,
    TaxAddress,
    TaxRate,
)
from deployments.pricing.contract.codes import BuyGet
from deployments.pricing.domain.rules import rules_of

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
_STARTS, _ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def offer(
    percent: str,
    *skus: str,
    id_: int = 1,
    starts: datetime = _STARTS,
    ends: datetime = _ENDS,
    at_least: int = 0,
    at_most: int | None = None,
) -> Offer:
    return Offer(
        id=id_,
        title=f"Offer {id_}",
        percent=percent,
        starts=starts,
        ends=ends,
        min_quantity=at_least,
        max_quantity=at_most,
        skus=frozenset(skus),
    )


def percent_code(code: str, percent: str, **more: object) -> DiscountCode:
    return _code(code, kind="percent", percent=percent, **more)


def amount_code(code: str, amount: int, **more: object) -> DiscountCode:
    return _code(code, kind="amount", amount=amount, **more)


def shipping_code(code: str, **more: object) -> DiscountCode:
    return _code(code, kind="free_shipping", **more)


def buy_get_code(code: str, bargain: BuyGet, **more: object) -> DiscountCode:
    return _code(code, kind="buy_get", buy_get=bargain, **more)


def _code(code: str, **more: object) -> DiscountCode:
    row = {"code": code, "title": f"Title of {code}", "starts": _STARTS, "ends": _ENDS}
    return DiscountCode.model_validate(row | more)


def line(sku: str, quantity: int, unit_price: int) -> PriceLine:
    return PriceLine(sku=sku, quantity=quantity, unit_price=unit_price)


def request(
    *lines: PriceLine,
    codes: tuple[str, ...] = (),
    address: TaxAddress | None = None,
    shipping: int | None = None,
) -> PriceRequest:
    return PriceRequest(lines=lines, codes=codes, address=address, shipping=shipping)


def us(region: str | None) -> TaxAddress:
    return TaxAddress(country="US", region=region)


TAX_RATES = (
    TaxRate(
        country="US", region="CA", percent="8.7500", name="California", region_name="California"
    ),
    TaxRate(country="US", region="WA", percent="8.8", name="Washington", region_name="Washington"),
    TaxRate(country="CA", region="QC", percent="14.25", name="Quebec", region_name="Quebec"),
    TaxRate(country="CA", region="NF", percent="7", name="GST", region_name="Newfoundland"),
    TaxRate(country="AU", region="VIC", percent="10", name="Supply", region_name="Victoria"),
)
CODES = (
    percent_code("TEN", "10"),
    percent_code("HALF", "50"),
    amount_code("FIVER", 500),
    amount_code("BIG", 2000, minimum_subtotal=10000),
    shipping_code("FREESHIP"),
    percent_code("LIMITED", "20", max_redemptions=10),
    percent_code("OLD", "20", ends=at(2026, 5, 31)),
    percent_code("SOON", "20", starts=at(2026, 7, 1)),
)
OFFERS = (
    offer("20", "helmet", id_=1),
    offer("35", "helmet", "tire", id_=2, starts=at(2026, 7, 1)),
    offer("2", "tire", id_=3, at_least=11, at_most=14),
    offer("5", "tire", id_=4, at_least=15),
    offer("0", "helmet", "tire", "bike", id_=5),
)
RULES = rules_of(OFFERS, CODES, TAX_RATES)
