"""What it costs to deliver lines by a method, and when they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from deployments.foundation.values.dates import format_days
from deployments.foundation.values.money import round_half_up
from deployments.foundation.values.places import country_code
from deployments.shipping.contract import (
    ParcelLine,
    ShippingMethod,
    ShippingOption,
    ShippingOptions,
    Undeliverable,
)
from deployments.shipping.domain.dates import noon, working_days_after
from deployments.shipping.domain.zones import zone_of

GRAMS_PER_POUND = Decimal("453.59237")
"""Exactly: the international avoirdupois pound."""


def country_of(country: str) -> str:
    """The alpha-2 code of a destination's country. Rejects with `Undeliverable`."""
    if not country.strip():
        raise Undeliverable("The address names no country. Add one, such as US.")
    code = country_code(country)
    if code is None:
        raise Undeliverable(
            "The address's country is unknown. Send its ISO 3166-1 code, such as US or DE."
        )
    return code


def options_for(
    country: str, methods: Iterable[ShippingMethod], lines: Sequence[ParcelLine], now: datetime
) -> ShippingOptions:
    """What delivers to a country, cheapest first. Rejects with `Undeliverable`."""
    weight = grams(lines)
    zone = zone_of(country)
    found = [_option(method, weight, now) for method in methods if zone in method.zones]
    if not found:
        raise Undeliverable(f"Nothing delivers to {country} at present. Choose another address.")
    cheapest_first = sorted(found, key=lambda option: (option.amount, option.latest, option.id))
    return ShippingOptions(country=country, options=tuple(cheapest_first))


def grams(lines: Iterable[ParcelLine]) -> int:
    """What lines weigh together. A line whose weight is unknown counts as nothing.

    Charging for a guess would be worse: these are caps, gloves and the like, and the base charge
    covers them.
    """
    return sum((line.weight_grams or 0) * line.quantity for line in lines)


def charge(method: ShippingMethod, weight_grams: int) -> int:
    """Cents for a parcel: base charge plus charge per pound, rounded half up once."""
    by_weight = Decimal(method.charge_per_pound * weight_grams) / GRAMS_PER_POUND
    return round_half_up(method.base_charge + by_weight)


def _option(method: ShippingMethod, weight_grams: int, now: datetime) -> ShippingOption:
    """A parcel leaves on the next working day and travels the method's working days."""
    dispatch = working_days_after(now.astimezone(UTC).date(), 1)
    first = working_days_after(dispatch, method.min_days)
    last = working_days_after(dispatch, method.max_days)
    return ShippingOption(
        id=method.id,
        title=f"{method.title} ({_speed(method)})",
        carrier=method.carrier,
        description=f"Arrives {format_days(first, last)} with {method.carrier}",
        amount=charge(method, weight_grams),
        earliest=noon(first),
        latest=noon(last),
    )


def _speed(method: ShippingMethod) -> str:
    if method.min_days != method.max_days:
        return f"{method.min_days}-{method.max_days} business days"
    return f"{method.max_days} business day{'' if method.max_days == 1 else 's'}"
