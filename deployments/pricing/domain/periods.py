"""When rules hold: from a moment to the end of a day."""

from __future__ import annotations

from datetime import UTC, datetime, time

from deployments.pricing.contract import DiscountCode, Offer
from deployments.pricing.contract.price_lists import PriceList


def opens(rule: Offer | DiscountCode | PriceList) -> datetime:
    """The first moment at which the rule holds; a time without a zone is UTC."""
    return _utc(rule.starts)


def last_moment(rule: Offer | DiscountCode | PriceList) -> datetime:
    """The last moment at which the rule holds: the last day counts to its end."""
    return datetime.combine(_utc(rule.ends).date(), time.max, UTC)


def holds(rule: Offer | DiscountCode | PriceList, now: datetime) -> bool:
    """Whether an offer, a code or a price list is in force."""
    return opens(rule) <= now <= last_moment(rule)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
