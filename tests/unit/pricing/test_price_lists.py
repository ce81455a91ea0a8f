"""Price lists: what groups pay, and from how many units on."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from deployments.foundation.values.authorship import Author
from deployments.pricing.contract import ImportRules, Priced
from deployments.pricing.contract.codes import PreviewPrice
from deployments.pricing.contract.groups import (
    CustomerGroup,
    SaveGroup,
    StaleRule,
    TooManyRules,
    UnknownRule,
)
from deployments.pricing.contract.price_lists import (
    MAX_PRICE_LISTS,
    ListPriceLists,
    PriceEntry,
    PriceList,
    PriceListDocument,
    RemovePriceList,
    SavePriceList,
)
from deployments.pricing.contract.prices import PriceLine
from deployments.pricing.events import RuleChanged
from deployments.pricing.service import PricingService
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.pricing.conftest import Replica
from tests.unit.pricing.sample_rules import at, line, offer, percent_code, request

ANNA = Author(kind="person", id="anna@example.com", name="Anna")
RESELLERS = CustomerGroup(id="resellers", title="Resellers", platforms=frozenset({"acme"}))
BREAKS = (
    PriceEntry(sku="tire", price=900),
    PriceEntry(sku="tire", at_least=10, price=800),
    PriceEntry(category="Helmets", at_least=2, percent="25"),
)


def a_list(*entries: PriceEntry, **more: object) -> PriceList:
    row: dict[str, object] = {
        "id": "trade",
        "title": "Trade prices",
        "groups": {"resellers"},
        "starts": at(2026, 1, 1),
        "ends": at(2026, 12, 31),
        "entries": entries,
    }
    return PriceList.model_validate(row | more)


async def save(
    pricing: PricingService, price_list: PriceList, revision: int | None = None
) -> PriceListDocument:
    sent = SavePriceList(author=ANNA, reason="New", price_list=price_list, revision=revision)
    return await pricing.save_price_list(sent)


@pytest.fixture
async def trade(pricing: PricingService) -> PricingService:
    """Pricing with a group and a list for it."""
    await pricing.save_group(SaveGroup(author=ANNA, group=RESELLERS))
    await save(pricing, a_list(*BREAKS))
    return pricing


async def price(
    pricing: PricingService, *lines: PriceLine, platform: str | None = "acme"
) -> Priced:
    asked = request(*lines).model_copy(update={"platform": platform})
    return await pricing.price(asked)


async def test_a_quote_for_a_platform_of_the_group_uses_its_list(
    trade: PricingService, replica: Replica
) -> None:
    for one in (trade, replica()):
        priced = await price(one, line("tire", 2, 1000))
        assert [(each.title, each.amount) for each in priced.discounts] == [("Trade prices", 200)]
        assert priced.totals.total == 1800
        assert (await price(one, line("tire", 2, 1000), platform="shop")).discounts == ()
    asked = request(line("tire", 2, 1000))
    preview = await trade.preview(PreviewPrice(request=asked, group="resellers"))
    assert preview.totals.total == 1800


async def test_more_units_cost_less_and_count_over_all_lines(trade: PricingService) -> None:
    assert (await price(trade, line("tire", 9, 1000))).totals.total == 8100
    assert (await price(trade, line("tire", 10, 1000))).totals.total == 8000
    both = await price(trade, line("tire", 4, 1000), line("tire", 6, 1000))
    assert [one.total for one in both.lines] == [3200, 4800]


async def test_a_percentage_may_be_of_a_category_or_of_everything(trade: PricingService) -> None:
    helmets = PriceLine(sku="h", quantity=2, unit_price=1000, categories=("Wear > Helmets",))
    assert (await price(trade, helmets)).totals.total == 1500
    one = helmets.model_copy(update={"quantity": 1})
    assert (await price(trade, one)).totals.total == 1000
    await save(trade, a_list(PriceEntry(at_least=1, percent="5"), id="all", groups=()))
    assert (await price(trade, one, platform=None)).totals.total == 950


async def test_of_lists_and_offers_a_line_has_the_best_one(trade: PricingService) -> None:
    await trade.import_rules(ImportRules(batch="b", offers=(offer("10", "tire"),)))
    tied = await price(trade, line("tire", 1, 1000))
    assert [(one.title, one.amount) for one in tied.discounts] == [("Offer 1", 100)]
    best = await price(trade, line("tire", 10, 1000))
    assert [(one.title, one.amount) for one in best.discounts] == [("Trade prices", 2000)]


async def test_a_list_never_makes_anything_dearer(trade: PricingService) -> None:
    assert (await price(trade, line("tire", 1, 500))).totals.total == 500


@pytest.mark.parametrize(
    "more", [{"enabled": False}, {"ends": at(2026, 6, 14)}, {"starts": at(2026, 6, 16)}]
)
async def test_a_list_that_does_not_hold_takes_nothing_off(
    trade: PricingService, more: dict[str, object]
) -> None:
    await save(trade, a_list(*BREAKS, **more), 1)
    assert (await price(trade, line("tire", 1, 1000))).totals.total == 1000


async def test_offers_for_a_group_are_for_its_members(trade: PricingService) -> None:
    half = offer("50", "saddle").model_copy(update={"groups": frozenset({"resellers"})})
    await trade.import_rules(ImportRules(batch="b", offers=(half,)))
    assert (await price(trade, line("saddle", 1, 1000))).totals.total == 500
    assert (await price(trade, line("saddle", 1, 1000), platform=None)).totals.total == 1000


async def test_a_code_takes_its_share_of_what_a_list_left(trade: PricingService) -> None:
    await trade.import_rules(ImportRules(batch="b", codes=(percent_code("TEN", "10"),)))
    asked = request(line("tire", 1, 1000), codes=("TEN",)).model_copy(update={"platform": "acme"})
    assert (await trade.price(asked)).totals.total == 810


async def test_lists_have_revisions_and_tell_what_changed(
    trade: PricingService, redis_of: ClientOf
) -> None:
    cheaper = a_list(PriceEntry(sku="tire", price=850), *BREAKS[1:])
    second = await save(trade, cheaper, 1)
    assert (await trade.price_lists(ListPriceLists())).price_lists == (second,)
    assert await save(trade, cheaper, 1) == second
    with pytest.raises(StaleRule):
        await save(trade, a_list(), 1)
    with pytest.raises(StaleRule):
        await save(trade, a_list())
    events = await published(redis_of("pricing"), "pricing", RuleChanged.type)
    change = RuleChanged.model_validate(events[-1].data).change
    assert (change.action, change.subject) == ("price_list_changed", "pricing/price_list/trade")
    assert change.before == {"entries": ["tire; 1; $9.00"]}
    assert change.after == {"entries": ["tire; 1; $8.50"]}


async def test_a_list_that_is_removed_takes_nothing_off_any_more(
    trade: PricingService, redis_of: ClientOf
) -> None:
    theirs = request(line("tire", 1, 1000)).model_copy(update={"platform": "acme"})
    assert (await trade.price(theirs)).totals.total == 900
    (seen,) = (await trade.price_lists(ListPriceLists())).price_lists
    going = RemovePriceList(author=ANNA, reason="over", id="trade", revision=seen.revision)
    with pytest.raises(StaleRule):
        await trade.remove_price_list(going.model_copy(update={"revision": 7}))
    await trade.remove_price_list(going)
    assert (await trade.price_lists(ListPriceLists())).price_lists == ()
    assert (await trade.price(theirs)).totals.total == 1000
    with pytest.raises(UnknownRule):
        await trade.remove_price_list(going)
    events = await published(redis_of("pricing"), "pricing", RuleChanged.type)
    change = RuleChanged.model_validate(events[-1].data).change
    assert (change.action, change.reason, change.author) == ("price_list_removed", "over", ANNA)
    assert change.before["entries"]
    assert change.after == {}


async def test_who_saw_a_list_that_is_gone_does_not_change_its_namesake(
    trade: PricingService,
) -> None:
    (seen,) = (await trade.price_lists(ListPriceLists())).price_lists
    await trade.remove_price_list(RemovePriceList(author=ANNA, id="trade", revision=seen.revision))
    with pytest.raises(UnknownRule):
        await save(trade, a_list(), seen.revision)
    again = await save(trade, a_list())
    assert again.revision > seen.revision
    with pytest.raises(StaleRule):
        await save(trade, a_list(id="trade", title="Other"), seen.revision)
    assert (await save(trade, a_list(title="Mine"), again.revision)).price_list.title == "Mine"


async def test_there_are_so_many_lists_at_most(pricing: PricingService) -> None:
    for number in range(MAX_PRICE_LISTS):
        await save(pricing, a_list(id=f"list-{number}"))
    with pytest.raises(TooManyRules):
        await save(pricing, a_list(id="more"))


@pytest.mark.parametrize(
    "entry",
    [
        {"sku": "a"},
        {"price": 1},
        {"category": "a", "price": 1},
        {"percent": "101"},
        {"percent": "5", "at_least": 0},
    ],
)
def test_what_makes_no_sense_is_no_entry(entry: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PriceEntry.model_validate(entry)
