"""What holds for every price, whatever the rules and the request."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from deployments.pricing.contract import (
    DiscountCode,
    Offer,
    Priced,
    PriceLine,
    PriceRequest,
    TaxAddress,
    fold,
)
from deployments.pricing.contract.codes import BuyGet, Scope
from deployments.pricing.contract.groups import CustomerGroup
from deployments.pricing.contract.price_lists import PriceEntry, PriceList
from deployments.pricing.domain.periods import last_moment
from deployments.pricing.domain.prices import price
from deployments.pricing.domain.rules import Rules, rules_of
from tests.unit.pricing.sample_rules import (
    NOW,
    TAX_RATES,
    amount_code,
    at,
    buy_get_code,
    offer,
    percent_code,
    shipping_code,
)

SKUS = ("helmet", "tire", "bike", "socks")
NAMES = ("one", "two", "Three", "FOUR", "unknown")
percents = st.decimals("0", "100", places=2).map(str)
bounds = st.sampled_from([(0, None), (2, 5), (6, None), (11, 14)])
dates = st.sampled_from([at(2026, 1, 1), at(2026, 6, 15), at(2026, 7, 1)])


@st.composite
def offers(draw: st.DrawFn) -> tuple[Offer, ...]:
    made = []
    for id_ in range(draw(st.integers(0, 6))):
        least, most = draw(bounds)
        skus = draw(st.sets(st.sampled_from(SKUS)))
        percent, starts, ends = draw(percents), draw(dates), draw(dates)
        made.append(
            offer(percent, *skus, id_=id_, starts=starts, ends=ends, at_least=least, at_most=most)
        )
    return tuple(made)


scopes = st.builds(
    Scope,
    skus=st.frozensets(st.sampled_from(SKUS), max_size=2),
    categories=st.frozensets(st.sampled_from(["Clothing", "Bikes > Road"]), max_size=1),
)
bargains = st.builds(
    BuyGet,
    buy=st.integers(1, 3),
    get=st.integers(1, 3),
    percent=percents,
    gets=st.none() | scopes,
)


@st.composite
def codes(draw: st.DrawFn) -> tuple[DiscountCode, ...]:
    made = []
    for name in NAMES[:4]:
        least = draw(st.sampled_from([0, 0, 1000]))
        limit = draw(st.sampled_from([None, 3]))
        kind = draw(st.sampled_from(["percent", "amount", "free_shipping", "buy_get"]))
        more: dict[str, object] = {
            "minimum_subtotal": least,
            "max_redemptions": limit,
            "combinable": draw(st.booleans()),
            "enabled": draw(st.sampled_from([True, True, True, False])),
            "scope": draw(scopes),
            "groups": draw(st.sampled_from([frozenset(), frozenset({"resellers"})])),
        }
        if kind == "buy_get":
            made.append(buy_get_code(name, draw(bargains), **more))
        elif kind == "percent":
            made.append(percent_code(name, draw(percents), **more))
        elif kind == "amount":
            made.append(amount_code(name, draw(st.integers(0, 10**6)), **more))
        else:
            made.append(shipping_code(name, **more))
    return tuple(made)


GROUP = CustomerGroup(id="resellers", title="Resellers", platforms=frozenset({"acme"}))
entries = st.one_of(
    st.builds(
        PriceEntry,
        sku=st.sampled_from(SKUS),
        at_least=st.sampled_from([1, 5, 11]),
        price=st.integers(0, 10**6),
    ),
    st.builds(
        PriceEntry,
        sku=st.none() | st.sampled_from(SKUS),
        at_least=st.sampled_from([1, 5, 11]),
        percent=percents,
    ),
    st.builds(PriceEntry, category=st.sampled_from(["Clothing", "Bikes > Road"]), percent=percents),
)
price_lists = st.lists(
    st.builds(
        PriceList,
        id=st.sampled_from(["a", "b", "c"]),
        title=st.just("A list"),
        groups=st.sampled_from([frozenset(), frozenset({"resellers"})]),
        starts=dates,
        ends=st.sampled_from([at(2026, 6, 14), at(2026, 12, 31)]),
        enabled=st.sampled_from([True, True, False]),
        entries=st.lists(entries, max_size=4).map(tuple),
    ),
    max_size=3,
    unique_by=lambda one: one.id,
)
rule_sets = st.builds(
    rules_of, offers(), codes(), st.just(TAX_RATES), st.just((GROUP,)), price_lists
)
price_lines = st.builds(
    PriceLine,
    sku=st.sampled_from(SKUS),
    quantity=st.one_of(st.integers(1, 20), st.integers(1, 10**6)),
    unit_price=st.one_of(st.integers(0, 300), st.integers(0, 10**7)),
    categories=st.sampled_from([(), ("Clothing",), ("Bikes", "Bikes > Road")]),
)
addresses = st.builds(
    TaxAddress,
    country=st.sampled_from(["US", "CA", "AU", "JP"]),
    region=st.sampled_from([None, "CA", "WA", "QC", "NSW"]),
)
requests = st.builds(
    PriceRequest,
    lines=st.lists(price_lines, max_size=8).map(tuple),
    codes=st.lists(st.sampled_from(NAMES), max_size=6).map(tuple),
    address=st.none() | addresses,
    shipping=st.none() | st.integers(0, 10**5),
    platform=st.sampled_from([None, "acme", "shop"]),
)
redemptions = st.fixed_dictionaries({fold(name): st.integers(0, 4) for name in NAMES})
cases = st.tuples(requests, rule_sets, redemptions)
Case = tuple[PriceRequest, Rules, dict[str, int]]


def answer_to(case: Case) -> Priced:
    asked, rules, redeemed = case
    return price(asked, rules, redeemed, NOW)


@given(cases)
def test_totals_add_up(case: Case) -> None:
    asked, (lines, totals) = case[0], (answer_to(case).lines, answer_to(case).totals)
    assert totals.total == (
        totals.subtotal - totals.items_discount - totals.discount + totals.fulfillment + totals.tax
    )
    assert totals.fulfillment == (asked.shipping or 0)
    assert totals.subtotal == sum(line.unit_price * line.quantity for line in asked.lines)
    assert totals.items_discount == sum(line.discount for line in lines)
    assert totals.tax == sum(line.tax for line in lines)
    assert all(line.total == line.subtotal - line.discount + line.tax for line in lines)


@given(cases)
def test_every_amount_is_a_whole_number_and_none_is_negative(case: Case) -> None:
    answer = answer_to(case)
    discounts = [discount.amount for discount in answer.discounts]
    parts = [part.amount for discount in answer.discounts for part in discount.allocations]
    amounts = [amount for line in answer.lines for amount in line.model_dump().values()]
    amounts += [*answer.totals.model_dump().values()]
    assert all(type(amount) is int for amount in [*amounts, *discounts, *parts])
    assert all(amount >= 0 for amount in amounts)
    assert all(amount > 0 for amount in [*discounts, *parts])


@given(cases)
def test_allocations_say_where_every_cent_went(case: Case) -> None:
    answer = answer_to(case)
    fallen = dict.fromkeys([None, *range(len(answer.lines))], 0)
    for discount in answer.discounts:
        assert discount.amount == sum(part.amount for part in discount.allocations)
        for part in discount.allocations:
            fallen[part.line] += part.amount
    assert fallen.pop(None) == answer.totals.discount <= answer.totals.fulfillment
    assert [fallen[n] for n in range(len(answer.lines))] == [line.discount for line in answer.lines]
    assert all(line.discount <= line.subtotal for line in answer.lines)


@given(cases)
def test_tax_is_rounded_half_up_once_on_each_line_after_discounts(case: Case) -> None:
    answer = answer_to(case)
    rate = next((rate for rate in TAX_RATES if rate.name == answer.tax_name), None)
    percent = Decimal(rate.percent) if rate else Decimal(0)
    for line in answer.lines:
        exact = (line.subtotal - line.discount) * percent / 100
        assert line.tax == exact.to_integral_value(ROUND_HALF_UP)


@given(cases)
def test_a_line_has_one_automatic_offer_at_most_and_offers_come_first(case: Case) -> None:
    discounts = answer_to(case).discounts
    automatic = [discount for discount in discounts if discount.code is None]
    lines = [part.line for discount in automatic for part in discount.allocations]
    assert len(lines) == len(set(lines))
    priorities = [discount.priority for discount in discounts]
    assert priorities == sorted(priorities)


@given(cases)
def test_no_other_offer_would_be_better_for_the_buyer(case: Case) -> None:
    asked, rules, _ = case
    whole = price(asked.model_copy(update={"codes": ()}), rules, {}, NOW).lines
    for sku in {line.sku for line in asked.lines}:
        for alternative in rules.offers.get(sku, ()):
            alone = price(
                asked.model_copy(update={"codes": ()}), rules_of([alternative]), {}, NOW
            ).lines
            assert all(
                one.discount <= best.discount for one, best in zip(alone, whole, strict=True)
            )


def lowers_lines(code: DiscountCode) -> bool:
    return code.kind != "free_shipping"


@given(cases)
def test_every_code_is_applied_once_or_rejected_or_waits(case: Case) -> None:
    asked, answer = case[0], answer_to(case)
    rejected = [no.index for no in answer.rejected]
    assert rejected == sorted(set(rejected))
    kept = [fold(code) for n, code in enumerate(asked.codes) if n not in rejected]
    used = [fold(discount.code) for discount in answer.discounts if discount.code]
    assert len(used) == len(set(used))
    lowering = [code for code in (case[1].codes[one] for one in used) if lowers_lines(code)]
    assert len(lowering) <= 1 or all(code.combinable for code in lowering)
    assert len(used) - len(lowering) <= 1, "one code takes the shipping off"
    waiting = [fold(code.code) for code in answer.waiting]
    assert sorted([*used, *waiting]) == sorted(kept), "applied, rejected, or waiting"


@given(cases, st.randoms())
def test_offers_and_percentages_do_not_depend_on_the_order_of_lines(
    case: Case, random: Random
) -> None:
    asked, rules, redeemed = case
    # A cent that is left over, and the last unit that may be got, go to the first of equal lines.
    rules = rules_of(
        {offer.id: offer for found in rules.offers.values() for offer in found}.values(),
        (code for code in rules.codes.values() if code.kind in {"percent", "free_shipping"}),
        TAX_RATES,
    )
    order = list(range(len(asked.lines)))
    random.shuffle(order)
    shuffled = asked.model_copy(update={"lines": tuple(asked.lines[n] for n in order)})
    before, after = price(asked, rules, redeemed, NOW), price(shuffled, rules, redeemed, NOW)
    assert after.totals == before.totals
    assert list(after.lines) == [before.lines[n] for n in order]


@given(cases, st.sampled_from(["first", "last"]))
def test_a_code_for_shipping_may_stand_anywhere_among_the_others(case: Case, place: str) -> None:
    asked, rules, redeemed = case
    answer = answer_to(case)
    used = [discount.code for discount in answer.discounts if discount.code]
    late = place == "last"
    codes = sorted(used, key=lambda code: late != lowers_lines(rules.codes[fold(code)]))
    again = price(asked.model_copy(update={"codes": tuple(codes)}), rules, redeemed, NOW)
    assert (again.totals, again.discounts) == (answer.totals, answer.discounts)


@given(cases)
def test_a_code_for_a_group_takes_nothing_off_for_others(case: Case) -> None:
    asked, rules, _ = case
    for discount in answer_to(case).discounts:
        code = rules.codes.get(fold(discount.code or ""))
        assert code is None or not code.groups or asked.platform == "acme"


def priced_alone(case: Case, platform: str | None) -> Priced:
    """The same lines without codes, for whoever buys through this platform."""
    asked, rules, redeemed = case
    alone = asked.model_copy(update={"codes": (), "platform": platform})
    return price(alone, rules, redeemed, NOW)


@given(cases)
def test_a_member_of_a_group_never_pays_more_than_others(case: Case) -> None:
    ours, theirs = priced_alone(case, "acme"), priced_alone(case, None)
    for one, other in zip(ours.lines, theirs.lines, strict=True):
        assert one.discount >= other.discount


@given(cases)
def test_a_line_pays_the_best_price_that_is_listed_for_it(case: Case) -> None:
    asked, rules, _ = case
    units: Counter[str] = Counter()
    for line in asked.lines:
        units[line.sku] += line.quantity
    for line, paid in zip(asked.lines, priced_alone(case, "acme").lines, strict=True):
        for listed in rules.listed.by_sku.get(line.sku, ()):
            entry, holds = listed.entry, listed.of.starts <= NOW <= last_moment(listed.of)
            if holds and entry.price is not None and units[line.sku] >= entry.at_least:
                assert paid.subtotal - paid.discount <= entry.price * line.quantity
