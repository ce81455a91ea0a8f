"""The rules by example: which discount falls where, and what is taxed."""

from __future__ import annotations

import pytest

from deployments.foundation.http.ucp_prices import discount_json, totals_json
from deployments.pricing.contract import (
    DiscountAllocation,
    DiscountCode,
    Offer,
    Priced,
    PriceRequest,
    TaxAddress,
)
from deployments.pricing.domain.prices import price
from deployments.pricing.domain.rules import rules_of
from deployments.pricing.domain.tax import rate_for
from tests.unit.pricing.sample_rules import (
    CODES,
    NOW,
    RULES,
    amount_code,
    at,
    line,
    offer,
    percent_code,
    request,
    us,
)


def priced(asked: PriceRequest, redemptions: dict[str, int] | None = None) -> Priced:
    return price(asked, RULES, redemptions or {}, NOW)


def offered(asked: PriceRequest, *offers: Offer) -> Priced:
    return price(asked, rules_of(offers), {}, NOW)


def coded(asked: PriceRequest, *codes: DiscountCode) -> Priced:
    return price(asked, rules_of(codes=codes), {}, NOW)


def reasons(answer: Priced) -> list[tuple[int, str]]:
    return [
        (no.index, no.reason.removeprefix("discount_code_").removeprefix("combination_"))
        for no in answer.rejected
    ]


def parts(answer: Priced) -> list[list[tuple[int | None, int]]]:
    return [[(part.line, part.amount) for part in d.allocations] for d in answer.discounts]


def test_a_request_without_lines_costs_its_shipping() -> None:
    assert priced(request(shipping=500)).totals.total == 500


def test_an_offer_takes_its_percentage_off_each_covered_line() -> None:
    answer = priced(request(line("helmet", 1, 3499), line("bike", 1, 100000)))
    assert [(row.subtotal, row.discount, row.total) for row in answer.lines] == [
        (3499, 700, 2799),
        (100000, 0, 100000),
    ]
    (discount,) = answer.discounts
    assert (discount.code, discount.method, discount.priority) == (None, "each", 1)
    assert discount.allocations == (DiscountAllocation(line=0, amount=700),)


def test_lines_under_the_same_offer_share_one_entry() -> None:
    answer = priced(request(line("helmet", 1, 3499), line("bike", 1, 5), line("helmet", 2, 1000)))
    assert parts(answer) == [[(0, 700), (2, 400)]]


def test_a_line_gets_its_best_offer_only() -> None:
    answer = offered(
        request(line("helmet", 1, 1000)),
        offer("10", "helmet", id_=1),
        offer("30", "helmet", id_=2),
        offer("30", "helmet", id_=3),
    )
    assert [discount.title for discount in answer.discounts] == ["Offer 2"]


@pytest.mark.parametrize(
    ("units", "discount"), [(10, 0), (11, 22), (14, 28), (15, 75), (1000, 5000)]
)
def test_an_offer_holds_between_its_quantities(units: int, discount: int) -> None:
    assert priced(request(line("tire", units, 100))).totals.items_discount == discount


def test_units_of_a_sku_count_together_over_its_lines() -> None:
    answer = priced(request(line("tire", 6, 100), line("tire", 5, 100), line("bike", 9, 100)))
    assert parts(answer) == [[(0, 12), (1, 10)]]


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (NOW, at(2026, 6, 15), True),
        (at(2026, 6, 15, 13), at(2026, 6, 15), False),
        (at(2026, 1, 1), at(2026, 6, 14, 23), False),
        (at(2026, 1, 1).replace(tzinfo=None), at(2026, 6, 15).replace(tzinfo=None), True),
        (at(2026, 1, 1), at(9999, 12, 31), True),
    ],
)
def test_an_offer_holds_from_its_start_to_the_end_of_its_last_day(
    starts: object, ends: object, *, holds: bool
) -> None:
    dated = offer("10", "tire").model_copy(update={"starts": starts, "ends": ends})
    assert bool(offered(request(line("tire", 1, 1000)), dated).discounts) is holds


def test_a_code_that_takes_nothing_off_says_what_it_waits_for_or_that_it_is_of_no_use() -> None:
    lines = (line("bike", 1, 100000), line("helmet", 1, 2))
    for shipping in (None, 0):
        answer = priced(request(*lines, codes=("FREESHIP",), shipping=shipping))
        assert answer.discounts == ()
        waits = [code.index for code in answer.waiting] == [0]
        useless = [code.reason for code in answer.rejected] == ["discount_code_without_effect"]
        assert (waits, useless) == (shipping is None, shipping == 0)


def test_a_percentage_applies_to_what_offers_leave_on_each_line() -> None:
    answer = priced(request(line("helmet", 1, 1000), line("bike", 1, 55), codes=("ten",)))
    assert parts(answer) == [[(0, 200)], [(0, 80), (1, 6)]]
    assert [(d.code, d.method, d.priority) for d in answer.discounts] == [
        (None, "each", 1),
        ("TEN", "each", 2),
    ]


def test_an_amount_is_divided_in_proportion_to_what_remains() -> None:
    answer = priced(request(line("bike", 1, 6000), line("socks", 1, 4000), codes=("FIVER",)))
    assert parts(answer) == [[(0, 300), (1, 200)]]
    assert answer.discounts[0].method == "across"


def test_an_amount_takes_no_more_than_there_is() -> None:
    answer = priced(request(line("helmet", 1, 100), line("bike", 1, 200), codes=("FIVER",)))
    assert parts(answer) == [[(0, 20)], [(0, 80), (1, 200)]]
    assert answer.totals.total == 0


def test_a_percentage_above_a_hundred_takes_no_more_than_there_is() -> None:
    answer = coded(request(line("bike", 1, 200), codes=("X",)), percent_code("X", "150"))
    assert (answer.totals.items_discount, answer.totals.total) == (200, 0)


def test_free_shipping_falls_on_shipping_and_not_on_lines() -> None:
    answer = priced(request(line("bike", 1, 5000), codes=("FreeShip",), shipping=795))
    assert parts(answer) == [[(None, 795)]]
    totals = answer.totals
    assert (totals.items_discount, totals.discount, totals.fulfillment) == (0, 795, 795)
    assert totals.total == 5000
    assert discount_json(answer.discounts[0])["allocations"][0]["path"] == "$.totals.shipping"


def test_a_code_for_lines_and_one_for_shipping_combine_in_any_order() -> None:
    bike = line("bike", 1, 5000)
    one = priced(request(bike, codes=("FREESHIP", "TEN"), shipping=795))
    other = priced(request(bike, codes=("TEN", "FREESHIP"), shipping=795))
    assert one == other
    assert [(d.code, d.priority) for d in one.discounts] == [("TEN", 2), ("FREESHIP", 3)]


def test_of_two_codes_for_lines_the_first_usable_one_wins() -> None:
    answer = priced(request(line("bike", 1, 5000), codes=("OLD", "FIVER", "TEN")))
    assert [discount.code for discount in answer.discounts] == ["FIVER"]
    assert reasons(answer) == [(0, "expired"), (2, "disallowed")]


def test_codes_are_rejected_for_what_is_the_matter_with_them() -> None:
    codes = ("ten", "nonsense", " TEN ", "SOON", "OLD", "BIG", "LIMITED", "")
    answer = priced(request(line("bike", 1, 5000), codes=codes), {"limited": 10})
    assert reasons(answer) == [
        (1, "invalid"),
        (2, "already_applied"),
        (3, "expired"),
        (4, "expired"),
        (5, "user_ineligible"),
        (6, "expired"),
        (7, "invalid"),
    ]
    assert answer.rejected[4].sentence == "Code 'BIG' needs a subtotal of $100.00 or more."
    assert answer.rejected[0].index == 1


def test_a_code_with_redemptions_left_is_applied() -> None:
    answer = priced(request(line("bike", 1, 5000), codes=("LIMITED",)), {"limited": 9})
    assert answer.totals.items_discount == 1000


def test_the_minimum_is_measured_before_discounts() -> None:
    answer = priced(request(line("helmet", 10, 1000), codes=("BIG",)))
    assert answer.totals.items_discount == 2000 + 2000


def test_a_flood_of_codes_is_refused_and_a_huge_code_not_repeated() -> None:
    codes = (*(f"code-{n}" for n in range(500)), "x" * 100_000)
    answer = priced(request(line("bike", 1, 5000), codes=codes))
    assert len(answer.rejected) == 501
    assert reasons(answer)[20:] == [(n, "disallowed") for n in range(20, 501)]
    huge = priced(request(line("bike", 1, 5000), codes=("x" * 100_000,)))
    assert len(huge.rejected[0].sentence) < 100


def test_tax_is_on_what_discounts_leave_of_each_line_and_not_on_shipping() -> None:
    lines = (line("helmet", 1, 1000), line("bike", 1, 333))
    answer = priced(request(*lines, codes=("TEN",), address=us("CA"), shipping=10000))
    # 720 and 300 remain; 8.75 % of them are 63.00 and 26.25 cents.
    assert [row.tax for row in answer.lines] == [63, 26]
    assert (answer.totals.tax, answer.tax_name) == (89, "California")


def test_tax_rounds_a_half_up_on_each_line() -> None:
    # 8.75 % of 40 cents are 3.5 cents; of both lines together they would be 7.
    answer = priced(request(line("a", 1, 40), line("b", 1, 40), address=us("CA")))
    assert [row.tax for row in answer.lines] == [4, 4]


@pytest.mark.parametrize(
    ("country", "region", "name"),
    [
        ("US", "CA", "California"),
        ("us", "us-ca", "California"),
        ("US", " california ", "California"),
        ("US", "OR", None),
        ("US", None, None),
        ("US", "", None),
        ("CA", "Québec", "Quebec"),
        ("CA", "CA-QC", "Quebec"),
        ("CA", "NL", "GST"),
        ("CA", "Newfoundland and Labrador", "GST"),
        ("CA", "newfoundland", "GST"),
        ("CA", "CA", None),
        ("AU", "NSW", "Supply"),
        ("AU", None, "Supply"),
        ("JP", "13", None),
    ],
)
def test_the_address_decides_the_rate(country: str, region: str | None, name: str | None) -> None:
    rate = rate_for(TaxAddress(country=country, region=region), RULES)
    assert (rate.name if rate else None) == name


def test_without_an_address_there_is_no_tax() -> None:
    answer = priced(request(line("bike", 1, 5000)))
    assert (answer.totals.tax, answer.tax_name) == (0, None)


def test_the_ucp_form_adds_up() -> None:
    asked = request(
        line("helmet", 1, 3499), codes=("FIVER", "FREESHIP"), address=us("WA"), shipping=795
    )
    entries = totals_json(priced(asked).totals)
    assert sum(row["amount"] for row in entries[:-1]) == entries[-1]["amount"]
    assert [row["type"] for row in entries] == [
        "subtotal",
        "items_discount",
        "discount",
        "fulfillment",
        "tax",
        "total",
    ]


def test_every_code_of_the_examples_can_be_told_apart() -> None:
    assert len(rules_of(codes=CODES).codes) == len(CODES)
    assert rules_of(codes=(amount_code("A", 1), amount_code("a", 2))).codes["a"].amount == 2
