"""What a discount code does, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployments.backoffice.language import Language, message
from deployments.backoffice.pages.code_form import KIND_NAMES
from deployments.foundation.values.money import STORE_CURRENCY
from deployments.pricing.contract.codes import BuyGet, CodeState, DiscountCode, Scope

STATE_WORDS: dict[CodeState, tuple[str, str]] = {
    "active": (message("can be used"), "good"),
    "planned": (message("planned"), "warn"),
    "over": (message("over"), ""),
    "used_up": (message("used up"), ""),
    "disabled": (message("ended"), "bad"),
}
"""What a state is called, and the colour of its badge."""


@dataclass(frozen=True)
class CodeWords:
    """Says codes in a language."""

    language: Language

    def effect(self, code: DiscountCode) -> str:
        """What it takes off, such as `10 % off`."""
        text = self.language.text
        if code.kind == "percent":
            return text("%(percent)s off", percent=self.language.percent(code.percent))
        if code.kind == "amount":
            return text("%(money)s off", money=self._money(code.amount))
        if code.kind == "free_shipping" or code.buy_get is None:
            return text(KIND_NAMES[code.kind])
        return self._bargain(code.buy_get)

    def rows(self, code: DiscountCode) -> list[tuple[str, str]]:
        """All that a code says, each with its label: two codes have the same labels in order."""
        text, number = self.language.text, self.language.number
        return [
            (text("Title"), code.title),
            (text("Takes off"), self.effect(code)),
            (text("Of"), self.scope(code.scope)),
            (text("What is got"), self._got(code)),
            (text("For"), ", ".join(sorted(code.groups)) or text("everybody")),
            (text("From"), self.language.date(code.starts)),
            (text("Until"), self.language.date(code.ends)),
            (text("From a subtotal of"), self._money(code.minimum_subtotal)),
            (text("From so many units"), number(code.minimum_quantity)),
            (text("Times in all"), self._limit(code.max_redemptions)),
            (text("Times for each customer"), self._limit(code.per_customer)),
            (text("Together with other codes"), text("yes") if code.combinable else text("no")),
            (text("Can be used"), text("yes") if code.enabled else text("no")),
        ]

    def conditions(self, code: DiscountCode) -> str:
        """What it takes to use it, in a few words."""
        text, parts = self.language.text, []
        if code.minimum_subtotal:
            parts.append(text("from %(money)s", money=self._money(code.minimum_subtotal)))
        if code.minimum_quantity:
            units = self.language.texts(
                "from %(number)s unit", "from %(number)s units", code.minimum_quantity
            )
            parts.append(units)
        if code.scope.skus or code.scope.categories:
            parts.append(self.scope(code.scope, most=2))
        if code.groups:
            parts.append(text("for %(names)s", names=", ".join(sorted(code.groups))))
        if code.combinable:
            parts.append(text("combinable"))
        return ", ".join(parts)

    def scope(self, scope: Scope, most: int = 20) -> str:
        """What it is about."""
        names = [*sorted(scope.categories), *sorted(scope.skus)]
        return self._some(names, most) if names else self.language.text("everything")

    def _got(self, code: DiscountCode) -> str:
        if code.buy_get is None:
            return "-"
        if code.buy_get.gets is None:
            return self.language.text("of the same")
        return self.scope(code.buy_get.gets)

    def _bargain(self, bargain: BuyGet) -> str:
        number, percent = self.language.number, self.language.percent(bargain.percent)
        if bargain.percent == "100":
            return self.language.text(
                "Buy %(buy)s, get %(get)s free", buy=number(bargain.buy), get=number(bargain.get)
            )
        return self.language.text(
            "Buy %(buy)s, get %(get)s at %(percent)s off",
            buy=number(bargain.buy),
            get=number(bargain.get),
            percent=percent,
        )

    def _some(self, names: Iterable[str], most: int) -> str:
        known = list(names)
        more = len(known) - most
        return ", ".join(known[:most]) + (f" +{more}" if more > 0 else "")

    def _limit(self, limit: int | None) -> str:
        return self.language.text("no limit") if limit is None else self.language.number(limit)

    def _money(self, amount: int) -> str:
        return self.language.money(amount, STORE_CURRENCY)
