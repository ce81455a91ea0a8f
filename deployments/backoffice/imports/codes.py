"""Discount codes take effect: fields of which the file says something, upon the code as it is."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from deployments.backoffice.formats.items import CodeItem
from deployments.backoffice.imports.effects import (
    NOTHING_YET,
    TRIES,
    Comparison,
    Doing,
    Values,
    changed_meanwhile,
    compared,
    invalid,
    still,
)
from deployments.backoffice.imports.run import Outcome
from deployments.pricing.contract import DiscountCode, PricingApi
from deployments.pricing.contract.codes import (
    CodeDocument,
    GetCode,
    SaveCode,
    StaleRevision,
    UnknownCode,
)


class CodeEffect:
    """Implements `Effect`, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    async def compare(self, item: CodeItem) -> Comparison:
        """What would change of the code."""
        return _comparison(await self._seen(item), item)

    async def take(self, item: CodeItem, digest: str, doing: Doing) -> Outcome:
        """Save the code at the revision that is compared."""
        for _ in range(TRIES):
            seen = await self._seen(item)
            comparison = _comparison(seen, item)
            if comparison.outcome == "same":
                return "same"
            still(comparison, digest)
            await doing.attempts.attempt(item.code, seen.revision if seen else NOTHING_YET)
            try:
                await self._pricing.save_code(_sent(seen, item, doing))
            except (StaleRevision, UnknownCode):
                continue
            return comparison.outcome
        raise changed_meanwhile(item.code)

    async def _seen(self, item: CodeItem) -> CodeDocument | None:
        try:
            return await self._pricing.code(GetCode(code=item.code))
        except UnknownCode:
            return None


def _sent(seen: CodeDocument | None, item: CodeItem, doing: Doing) -> SaveCode:
    try:
        return SaveCode(
            author=doing.author,
            reason=doing.reason,
            code=_target(seen, item),
            revision=seen.revision if seen else None,
        )
    except ValidationError as mistakes:
        raise invalid(mistakes) from None


def _target(seen: CodeDocument | None, item: CodeItem) -> DiscountCode:
    before = seen.code.model_dump() if seen else {"code": item.code}
    try:
        return DiscountCode.model_validate(before | item.said)
    except ValidationError as mistakes:
        raise invalid(mistakes) from None


def _comparison(seen: CodeDocument | None, item: CodeItem) -> Comparison:
    target = _target(seen, item)
    names = set(item.said)
    before = _covered(seen.code, names) if seen else None
    return compared(item.code, before, _covered(target, names))


def _covered(code: DiscountCode, names: set[str]) -> Values:
    said: dict[str, Any] = code.model_dump(mode="json", include=names)
    for scope in (said.get("scope"), (said.get("buy_get") or {}).get("gets")):
        if scope:
            # Sets come in any order.
            scope |= {name: sorted(scope[name]) for name in ("skus", "categories")}
    return said
