"""Narrowing a product by its options: UCP's `selected`, `preferences` and availability signals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deployments.catalog.contract import OptionValue, Product, Variant
from deployments.catalog.domain.sale import CurrentAvailability

_SIZES = ("XS", "S", "M", "L", "XL", "XXL")
Selection = tuple[OptionValue, ...]


@dataclass(frozen=True)
class Signal:
    """One value of an option, relative to what is selected; `available` none: nobody knows."""

    label: str
    exists: bool
    available: bool | None


def options_of(product: Product) -> dict[str, list[str]]:
    """The product's options by name, each with its labels in the order in which to show them."""
    labels: dict[str, set[str]] = {}
    for variant in product.variants:
        for option in variant.options:
            labels.setdefault(option.name, set()).add(option.label)
    return {name: sorted(found, key=_shown_order) for name, found in labels.items()}


def _shown_order(label: str) -> tuple[int, float, str]:
    """Clothing sizes from small to large, numbers by value, words by the alphabet."""
    if label in _SIZES:
        return 0, _SIZES.index(label), label
    number = re.match(r"\d+(\.\d+)?", label)
    return (1, float(number[0]), label) if number else (2, 0, label)


def choose(variants: Iterable[Variant], selection: Selection) -> tuple[Variant, ...]:
    """The variants that have every selected value."""
    wanted = {(option.name, option.label) for option in selection}
    return tuple(each for each in variants if wanted <= {(o.name, o.label) for o in each.options})


def relax(product: Product, wanted: Selection, preferences: Sequence[str]) -> Selection:
    """As much of a wish as some variant fulfils, as the product spells it.

    Options are kept from the most to the least preferred; one that no variant has together with
    those kept before it is dropped. Options that the preferences do not name come last, in the
    product's own order.
    """
    kept: Selection = ()
    for value in sorted(_spelled(product, wanted), key=lambda v: _priority(v.name, preferences)):
        if choose(product.variants, (*kept, value)):
            kept = (*kept, value)
    names = list(options_of(product))
    return tuple(sorted(kept, key=lambda value: names.index(value.name)))


def _priority(name: str, preferences: Sequence[str]) -> int:
    folded = [preference.casefold() for preference in preferences]
    return folded.index(name.casefold()) if name.casefold() in folded else len(folded)


def _spelled(product: Product, wanted: Selection) -> list[OptionValue]:
    """The wanted values that the product has, in its own order and spelling."""
    asked = {(value.name.casefold(), value.label.casefold()) for value in wanted}
    return [
        OptionValue(name=name, label=label)
        for name, labels in options_of(product).items()
        for label in labels
        if (name.casefold(), label.casefold()) in asked
    ]


def signals(
    product: Product, selection: Selection, stock: CurrentAvailability
) -> dict[str, tuple[Signal, ...]]:
    """For every option, what each value leads to, the other selections being what they are."""
    return {
        name: tuple(
            _signal(product, _others(selection, name), name, label, stock) for label in all_
        )
        for name, all_ in options_of(product).items()
    }


def _others(selection: Selection, name: str) -> Selection:
    return tuple(value for value in selection if value.name != name)


def _signal(
    product: Product, others: Selection, name: str, label: str, stock: CurrentAvailability
) -> Signal:
    found = choose(product.variants, (*others, OptionValue(name=name, label=label)))
    known = [stock.available(variant) for variant in found]
    available = None if None in known else any(known)
    return Signal(label=label, exists=bool(found), available=available)
