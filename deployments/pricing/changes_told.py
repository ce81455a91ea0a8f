"""What is published when staff change codes, groups and price lists: before, after, and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue

from deployments.foundation.values.authorship import Change
from deployments.foundation.values.message import Message
from deployments.foundation.values.money import STORE_CURRENCY, format_money
from deployments.pricing.contract.codes import CodeDocument, SaveCode, fold
from deployments.pricing.contract.groups import CustomerGroup, SaveGroup
from deployments.pricing.contract.price_lists import PriceList, RemovePriceList, SavePriceList
from deployments.pricing.events import CodeChanged, RuleChanged

Rule = TypeVar("Rule", CustomerGroup, PriceList)


def code_change(request: SaveCode, seen: CodeDocument | None, now: datetime) -> CodeChanged:
    """What is published; true if the code still is at the revision that was seen."""
    after: dict[str, JsonValue] = _told(request.code)
    before: dict[str, JsonValue] = _told(seen.code) if seen else {}
    code = fold(request.code.code)
    change = _change(request, "code", code, before, after, at=now)
    return CodeChanged(code=code, enabled=request.code.enabled, change=change)


def rule_change(
    kind: str,
    wanted: Rule,
    seen: Rule | None,
    request: SaveGroup | SavePriceList,
    now: datetime,
) -> RuleChanged:
    """What is published; true if the rule still is at the revision that was seen.

    Of a long list only the entries are told that differ.
    """
    after: dict[str, JsonValue] = _told(wanted)
    before: dict[str, JsonValue] = _told(seen) if seen else {}
    if isinstance(wanted, PriceList):
        mine, theirs = _entries(wanted), _entries(seen) if seen else []
        after["entries"] = [one for one in mine if one not in set(theirs)]
        if seen:
            before["entries"] = [one for one in theirs if one not in set(mine)]
    change = _change(request, kind, wanted.id, before, after, at=now)
    return RuleChanged(rule=f"{kind}:{wanted.id}", change=change)


def _change(
    request: SaveCode | SaveGroup | SavePriceList,
    kind: str,
    id_: str,
    before: dict[str, JsonValue],
    after: dict[str, JsonValue],
    *,
    at: datetime,
) -> Change:
    """What differs; nothing was there before if `before` is empty."""
    differ = [name for name in after if before.get(name) != after[name]]
    return Change(
        author=request.author,
        subject=f"pricing/{kind}/{id_}",
        action=f"{kind}_changed" if before else f"{kind}_created",
        before={name: before[name] for name in differ if name in before},
        after={name: after[name] for name in differ},
        reason=request.reason,
        at=at,
    )


def _entries(price_list: PriceList) -> list[JsonValue]:
    """A list's entries, each as a line: what it is about, from how many units, and for how much."""
    return [
        f"{one.sku or one.category or '*'}; {one.at_least}; "
        + (f"{one.percent} %" if one.price is None else format_money(one.price, STORE_CURRENCY))
        for one in price_list.entries
    ]


def list_removal(request: RemovePriceList, seen: PriceList, now: datetime) -> RuleChanged:
    """What is published; true if the list still is at the revision that was seen."""
    change = Change(
        author=request.author,
        subject=f"pricing/price_list/{seen.id}",
        action="price_list_removed",
        before={**_told(seen), "entries": _entries(seen)},
        reason=request.reason,
        at=now,
    )
    return RuleChanged(rule=f"price_list:{seen.id}", change=change)


def _told(rule: Message) -> dict[str, JsonValue]:
    """A rule as a change tells it: a set is told in order, whatever order it has in memory."""
    return {name: _in_order(value) for name, value in rule.model_dump(mode="json").items()}


def _in_order(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _in_order(one) for name, one in value.items()}
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return sorted(value, key=str)
    return value
