"""Codes as staff define them: what they take off, who may use them, and how they are changed."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author
from deployments.pricing.audit import PricingAudit
from deployments.pricing.contract import (
    CodeUnavailable,
    DiscountCode,
    Priced,
    PriceLine,
    RedeemCodes,
    UndoRedemption,
)
from deployments.pricing.contract.codes import (
    BuyGet,
    CodeDocument,
    GetCode,
    LimitTooLow,
    ListCodes,
    PreviewPrice,
    SaveCode,
    Scope,
    StaleRevision,
    UnknownCode,
)
from deployments.pricing.contract.groups import (
    CustomerGroup,
    ListGroups,
    SaveGroup,
    StaleRule,
    UnknownRule,
)
from deployments.pricing.events import CodeChanged, RuleChanged
from deployments.pricing.service import PricingService
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.pricing.conftest import Replica
from tests.unit.pricing.sample_rules import (
    amount_code,
    at,
    buy_get_code,
    line,
    percent_code,
    request,
    shipping_code,
)

ANNA = Author(kind="person", id="anna@example.com", name="Anna")
CART = (line("helmet", 2, 1000), line("socks", 3, 200))


def saving(code: DiscountCode, revision: int | None = None) -> SaveCode:
    return SaveCode(author=ANNA, reason="Summer", code=code, revision=revision)


async def made(pricing: PricingService, code: DiscountCode) -> CodeDocument:
    return await pricing.save_code(saving(code))


async def off(
    pricing: PricingService, *codes: DiscountCode, lines: tuple[PriceLine, ...] = CART
) -> list[tuple[int, ...]]:
    """What each code takes off each line, in the order in which they apply."""
    for code in codes:
        await made(pricing, code)
    priced = await pricing.price(request(*lines, codes=tuple(one.code for one in codes)))
    assert not priced.waiting
    return [per_line(priced, n, len(lines)) for n in range(len(priced.discounts))]


def per_line(priced: Priced, discount: int, lines: int) -> tuple[int, ...]:
    parts = {part.line: part.amount for part in priced.discounts[discount].allocations}
    return tuple(parts.get(line, 0) for line in range(lines))


async def redeem(pricing: PricingService, saga: str, code: str, customer: str | None) -> bool:
    step = RedeemCodes(key=f"{saga}:redeem", codes=(code,), customer=customer)
    try:
        await pricing.redeem(step)
    except CodeUnavailable:
        return False
    return True


async def test_a_code_works_on_every_replica_at_once(
    pricing: PricingService, replica: Replica
) -> None:
    other = replica()
    asked = request(*CART, codes=("SUMMER",))
    assert (await other.price(asked)).discounts == ()
    saved = await made(pricing, percent_code("SUMMER", "10"))
    assert (saved.revision, saved.redeemed) == (1, 0)
    assert (await other.price(asked)).totals.items_discount == 260
    off = saved.code.model_copy(update={"enabled": False})
    await pricing.save_code(saving(off, 1))
    (rejected,) = (await other.price(asked)).rejected
    assert rejected.reason == "discount_code_invalid"
    assert not await redeem(other, "s", "summer", None)


async def test_a_code_is_about_skus_or_categories(pricing: PricingService) -> None:
    of_socks = Scope(skus=frozenset({"socks"}))
    assert await off(pricing, percent_code("A", "50", scope=of_socks)) == [(0, 300)]
    assert await off(pricing, amount_code("B", 1000, scope=of_socks)) == [(0, 600)]
    clothes = (PriceLine(sku="cap", quantity=1, unit_price=500, categories=("Wear > Caps",)),)
    for n, name in enumerate(("Wear > Caps", "caps")):
        scope = Scope(categories=frozenset({name}))
        code = percent_code(f"C{n}", "10", scope=scope)
        assert await off(pricing, code, lines=CART + clothes) == [(0, 0, 50)]


async def test_thresholds_count_the_lines_that_a_code_is_about(pricing: PricingService) -> None:
    of_socks = Scope(skus=frozenset({"socks"}))
    for code in (
        percent_code("A", "10", scope=of_socks, minimum_subtotal=601),
        percent_code("B", "10", scope=of_socks, minimum_quantity=4),
    ):
        await made(pricing, code)
        priced = await pricing.price(request(*CART, codes=(code.code,)))
        assert [one.reason for one in priced.rejected] == ["discount_code_user_ineligible"]
    assert await off(
        pricing,
        percent_code("C", "10", scope=of_socks, minimum_quantity=3, minimum_subtotal=600),
    ) == [(0, 60)]


async def test_codes_combine_if_all_of_them_may(pricing: PricingService) -> None:
    ten = percent_code("TEN", "10", combinable=True)
    two = amount_code("TWO", 200, combinable=True)
    alone = percent_code("ALONE", "50")
    assert await off(pricing, ten, two) == [(200, 60), (154, 46)]
    await made(pricing, alone)
    for codes in (("TEN", "ALONE"), ("ALONE", "TEN")):
        priced = await pricing.price(request(*CART, codes=codes))
        assert [one.code for one in priced.discounts] == [codes[0]]
        assert [one.reason for one in priced.rejected] == ["discount_code_combination_disallowed"]
    await made(pricing, shipping_code("FREE"))
    both = await pricing.price(request(*CART, codes=("ALONE", "FREE"), shipping=500))
    assert [one.code for one in both.discounts] == ["ALONE", "FREE"]


@pytest.mark.parametrize(
    ("bargain", "expected"),
    [
        (BuyGet(buy=2, get=1), (0, 200)),
        (BuyGet(buy=1, get=1), (0, 400)),
        (BuyGet(buy=1, get=1, percent="50"), (0, 200)),
        (BuyGet(buy=4, get=1), (0, 200)),
        (BuyGet(buy=5, get=1), (0, 0)),
        (BuyGet(buy=1, get=4), (1000, 600)),
    ],
)
async def test_who_buys_some_gets_the_cheapest_units(
    pricing: PricingService, bargain: BuyGet, expected: tuple[int, int]
) -> None:
    found = await off(pricing, buy_get_code("DEAL", bargain))
    assert found == ([expected] if any(expected) else [])


async def test_what_is_got_may_be_other_goods(pricing: PricingService) -> None:
    socks = Scope(skus=frozenset({"socks"}))
    bargain = BuyGet(buy=1, get=1, gets=socks)
    code = buy_get_code("DEAL", bargain, scope=Scope(skus=frozenset({"helmet"})))
    assert await off(pricing, code) == [(0, 400)]


async def test_a_customer_has_a_limit_of_their_own(
    pricing: PricingService, replica: Replica
) -> None:
    await made(pricing, percent_code("ONCE", "10", per_customer=1))
    both = [redeem(one, f"s{n}", "ONCE", "Bo@x.org") for n, one in enumerate((pricing, replica()))]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert not await redeem(pricing, "s3", "ONCE", " bo@x.org")
    assert await redeem(pricing, "s4", "ONCE", "an@x.org")
    assert not await redeem(pricing, "s5", "ONCE", None)
    for saga in ("s0", "s1"):
        await pricing.undo_redemption(UndoRedemption(undoes=f"{saga}:redeem"))
    assert await redeem(pricing, "s6", "ONCE", "bo@x.org")
    assert not await redeem(pricing, "s7", "ONCE", "bo@x.org")


async def test_a_stale_change_is_refused_with_what_is_there_now(pricing: PricingService) -> None:
    first = await made(pricing, percent_code("A", "10"))
    theirs = percent_code("a", "20")
    await pricing.save_code(saving(theirs, 1))
    with pytest.raises(StaleRevision) as stale:
        await pricing.save_code(saving(percent_code("A", "30"), 1))
    assert (stale.value.current.code, stale.value.current.revision) == (theirs, 2)
    with pytest.raises(StaleRevision):
        await made(pricing, percent_code("A", "30"))
    assert (await pricing.save_code(saving(theirs, first.revision))).revision == 2
    with pytest.raises(UnknownCode):
        await pricing.save_code(saving(percent_code("B", "30"), 1))


async def test_of_many_changes_at_once_one_wins(pricing: PricingService, replica: Replica) -> None:
    await made(pricing, percent_code("A", "1"))

    async def save(percent: int) -> CodeDocument | Rejection:
        try:
            return await replica().save_code(saving(percent_code("A", str(percent)), 1))
        except StaleRevision as stale:
            return stale

    outcomes = await asyncio.gather(*(save(n) for n in range(10, 30)))
    (won,) = [one for one in outcomes if isinstance(one, CodeDocument)]
    assert await pricing.code(GetCode(code="A")) == won


async def test_a_limit_is_not_below_what_was_redeemed(
    pricing: PricingService, redis_of: ClientOf
) -> None:
    await made(pricing, percent_code("A", "10", max_redemptions=5))
    for n in range(3):
        assert await redeem(pricing, f"s{n}", "A", None)
    with pytest.raises(LimitTooLow) as low:
        await pricing.save_code(saving(percent_code("A", "10", max_redemptions=2), 1))
    assert low.value.redeemed == 3
    await pricing.save_code(saving(percent_code("A", "10", max_redemptions=3), 1))
    assert not await redeem(pricing, "s9", "A", None)
    audit = PricingAudit(redis_of("pricing"), Inspection(0))
    assert (await audit.redemptions()).discrepancies == ()
    assert (await audit.events()).discrepancies == ()


async def test_events_tell_who_changed_what(pricing: PricingService, redis_of: ClientOf) -> None:
    await made(pricing, percent_code("A", "10"))
    await pricing.save_code(saving(percent_code("A", "20"), 1))
    events = await published(redis_of("pricing"), "pricing", CodeChanged.type)
    created, changed = (CodeChanged.model_validate(one.data).change for one in events)
    assert (created.action, created.before, created.subject) == (
        "code_created",
        {},
        "pricing/code/a",
    )
    assert (changed.author, changed.reason, changed.action) == (ANNA, "Summer", "code_changed")
    assert (changed.before, changed.after) == ({"percent": "10"}, {"percent": "20"})


async def test_codes_are_listed_in_pages(pricing: PricingService) -> None:
    for n in range(5):
        await made(pricing, percent_code(f"CODE{n}", "10", enabled=n != 3))

    async def listed(**asked: int | str | bool) -> tuple[list[str], int | None]:
        page = await pricing.list_codes(ListCodes.model_validate(asked))
        return [one.code.code for one in page.codes], page.cursor

    assert await listed(limit=3) == (["CODE0", "CODE1", "CODE2"], 3)
    assert await listed(limit=3, cursor=3) == (["CODE3", "CODE4"], None)
    assert await listed(text="ode4") == (["CODE4"], None)
    assert await listed(enabled=False) == (["CODE3"], None)


async def test_a_preview_prices_a_cart_at_a_date_with_a_code_nobody_saved(
    pricing: PricingService,
) -> None:
    later = percent_code("LATER", "10", starts=at(2026, 12, 1))
    await made(pricing, later)
    asked = request(*CART, codes=("LATER", "DRAFT"))
    now = await pricing.preview(PreviewPrice(request=asked))
    assert now == await pricing.price(asked)
    assert now.totals.items_discount == 0
    then = await pricing.preview(PreviewPrice(request=asked, at=at(2026, 12, 24)))
    assert then.totals.items_discount == 260
    draft = amount_code("DRAFT", 100)
    with_draft = await pricing.preview(PreviewPrice(request=asked, draft=draft))
    assert with_draft.totals.items_discount == 100
    with pytest.raises(UnknownCode):
        await pricing.code(GetCode(code="DRAFT"))


def test_what_makes_no_sense_is_no_code() -> None:
    with pytest.raises(ValidationError, match="at most 100"):
        saving(percent_code("A", "101"))
    with pytest.raises(ValidationError, match="what is got"):
        DiscountCode.model_validate({**amount_code("A", 1).model_dump(), "kind": "buy_get"})
    with pytest.raises(ValidationError):
        amount_code("A", -1)


RESELLERS = CustomerGroup(id="resellers", title="Resellers", platforms=frozenset({"acme"}))


def saving_group(group: CustomerGroup, revision: int | None = None) -> SaveGroup:
    return SaveGroup(author=ANNA, reason="New partners", group=group, revision=revision)


async def test_a_code_for_a_group_is_for_its_platforms_alone(
    pricing: PricingService, replica: Replica
) -> None:
    other = replica()
    await made(pricing, percent_code("TRADE", "10", groups=frozenset({"resellers"})))
    asked = request(*CART, codes=("TRADE",))
    theirs = asked.model_copy(update={"platform": "acme"})
    for each in (asked, theirs):
        (no,) = (await other.price(each)).rejected
        assert no.reason == "discount_code_user_ineligible"
    await pricing.save_group(saving_group(RESELLERS))
    assert (await other.price(asked)).totals.items_discount == 0
    assert (await other.price(theirs)).totals.items_discount == 260
    preview = await pricing.preview(PreviewPrice(request=asked, group="resellers"))
    assert preview.totals.items_discount == 260


async def test_a_group_has_revisions_and_its_changes_an_author(
    pricing: PricingService, redis_of: ClientOf
) -> None:
    first = await pricing.save_group(saving_group(RESELLERS))
    assert await pricing.save_group(saving_group(RESELLERS)) == first
    more = RESELLERS.model_copy(update={"platforms": frozenset({"acme", "bolt"})})
    second = await pricing.save_group(saving_group(more, first.revision))
    with pytest.raises(StaleRule):
        await pricing.save_group(saving_group(RESELLERS, first.revision))
    with pytest.raises(UnknownRule):
        await pricing.save_group(saving_group(RESELLERS.model_copy(update={"id": "none"}), 1))
    assert (await pricing.groups(ListGroups())).groups == (second,)
    events = await published(redis_of("pricing"), "pricing", RuleChanged.type)
    created, changed = (RuleChanged.model_validate(one.data).change for one in events)
    assert (created.action, changed.action) == ("group_created", "group_changed")
    assert changed.after == {"platforms": ["acme", "bolt"]}


async def test_codes_are_listed_by_kind_and_by_what_has_become_of_them(
    pricing: PricingService,
) -> None:
    states = {
        "ACTIVE": percent_code("ACTIVE", "10"),
        "OFF": percent_code("OFF", "10", enabled=False),
        "OVER": amount_code("OVER", 100, ends=at(2026, 5, 1)),
        "SOON": percent_code("SOON", "10", starts=at(2026, 7, 1)),
        "USED": percent_code("USED", "10", max_redemptions=1),
    }
    for code in states.values():
        await made(pricing, code)
    assert await redeem(pricing, "s1", "USED", None)

    async def listed(**asked: str) -> list[str]:
        page = await pricing.list_codes(ListCodes.model_validate(asked))
        return [one.code.code for one in page.codes]

    assert await listed(state="active") == ["ACTIVE"]
    assert await listed(state="disabled") == ["OFF"]
    assert await listed(state="over") == ["OVER"]
    assert await listed(state="planned") == ["SOON"]
    assert await listed(state="used_up") == ["USED"]
    assert await listed(kind="amount") == ["OVER"]
