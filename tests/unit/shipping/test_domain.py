"""The rules by example and by property: what delivery costs, when it arrives, how it reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.values.places import country_code
from deployments.shipping.contract import ParcelLine, ShippingMethod, ShippingOption, Undeliverable
from deployments.shipping.domain.dates import working_days_after
from deployments.shipping.domain.rates import charge, country_of, grams, options_for
from deployments.shipping.domain.zones import zone_of
from tests.unit.shipping.sample_methods import METHODS, WEDNESDAY, parcel

GROUND = next(method for method in METHODS if method.id == "1")
countries = st.sampled_from(["US", "CA", "DE", "JP", "AU"])
parcels = st.lists(
    st.builds(parcel, st.none() | st.integers(0, 50_000), st.integers(1, 10_000)), min_size=1
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone.


def options(country: str, weight_grams: int, now: datetime = WEDNESDAY) -> list[ShippingOption]:
    return list(options_for(country, METHODS, (parcel(weight_grams),), now).options)


@pytest.mark.parametrize(
    ("weight_grams", "amount"),
    [(0, 395), (454, 494), (4536, 1385), (2, 395), (3, 396), (45359237, 9900395)],
)
def test_a_parcel_costs_the_base_charge_and_its_pounds(weight_grams: int, amount: int) -> None:
    assert charge(GROUND, weight_grams) == amount


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**9))
def test_the_charge_is_exact_and_rounded_half_up_once(base: int, pound: int, weight: int) -> None:
    method = GROUND.model_copy(update={"base_charge": base, "charge_per_pound": pound})
    exact = base + Fraction(pound * weight * 100_000, 45_359_237)
    assert charge(method, weight) == floor(exact + Fraction(1, 2))


def test_lines_weigh_together_and_an_unknown_weight_counts_as_nothing() -> None:
    assert grams([parcel(100, 3), parcel(None, 50), parcel(7)]) == 307


@given(countries, parcels, moments)
def test_every_address_has_two_options_cheapest_first(
    country: str, lines: list[ParcelLine], now: datetime
) -> None:
    found = options_for(country, METHODS, lines, now).options
    assert len(found) >= 2
    amounts = [option.amount for option in found]
    assert amounts == sorted(amounts)
    assert len({option.id for option in found}) == len({option.title for option in found})


@given(countries, moments)
def test_parcels_arrive_on_working_days_after_today(country: str, now: datetime) -> None:
    for option in options(country, 1000, now):
        assert now.date() < option.earliest.date() <= option.latest.date()
        for moment in (option.earliest, option.latest):
            assert moment.weekday() < 5
            assert moment.tzinfo is UTC


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 40))
def test_working_days_are_counted_one_by_one(day: date, count: int) -> None:
    end = working_days_after(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(one.weekday() < 5 for one in passed) == count


@pytest.mark.parametrize(
    ("now", "arrives"),
    [
        (datetime(2026, 11, 25, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 26, 23, 59, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 27, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 11, 28, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 11, 29, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_overnight_leaves_on_the_next_working_day(now: datetime, arrives: date) -> None:
    overnight = next(option for option in options("US", 0, now) if option.carrier == "J-Fast")
    assert overnight.earliest.date() == overnight.latest.date() == arrives


def test_options_read_as_the_protocol_wants_them() -> None:
    assert [(option.title, option.description) for option in options("US", 500)] == [
        ("Ground Shipping (3-5 business days)", "Arrives Dec 1 \u2013 3, 2026 with XRQ"),
        ("Express Shipping (2 business days)", "Arrives Nov 30, 2026 with ZY"),
        ("Overnight Shipping (1 business day)", "Arrives Nov 27, 2026 with J-Fast"),
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("US", "US"),
        ("us", "US"),
        (" usa ", "US"),
        ("United  States", "US"),
        ("United States of America", "US"),
        ("U.S.A.", "US"),
        ("CAN", "CA"),
        ("germany", "DE"),
        ("South Korea", "KR"),
        ("UK", "GB"),
        ("United Kingdom", "GB"),
        ("Cote d'Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Atlantis", None),
        ("ZZ", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_countries_are_known_by_codes_and_names(written: str, code: str | None) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize("country", ["", "  ", "ZZ", "Atlantis"])
def test_an_address_without_a_country_that_exists_is_refused(country: str) -> None:
    with pytest.raises(Undeliverable, match="such as US"):
        country_of(country)


def test_where_no_method_goes_nothing_is_delivered() -> None:
    with pytest.raises(Undeliverable, match="delivers to DE"):
        options_for("DE", [GROUND], [parcel(1)], WEDNESDAY)


def test_the_shipped_methods_serve_zones_that_exist() -> None:
    zones = {zone for method in METHODS for zone in method.zones}
    assert zones == {zone_of("US"), zone_of("CA"), zone_of("FR")} == {"US", "CA", "WORLD"}
    assert all(type(method) is ShippingMethod for method in METHODS)
    assert all(0 < method.min_days <= method.max_days for method in METHODS)
