"""What other shops leave out and the store needs: SKUs, and titles of variants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_ODD = re.compile(r"[^a-z0-9]+")
_LONGEST_SKU = 255
Option = dict[str, str]


def options_of(pairs: Iterable[tuple[str, str]]) -> list[Option]:
    """The options of these names and values; what has no name or no value is none."""
    return [{"name": name, "label": label} for name, label in pairs if name and label]


def made_sku(product: str, options: Iterable[Option]) -> str:
    """A SKU for a variant that has none: the same one whenever the file comes again."""
    return "-".join([product, *(_slug(option["label"]) for option in options)])[:_LONGEST_SKU]


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _ODD.sub("-", ascii_text.casefold()).strip("-") or "-".join(f"{ord(c):x}" for c in text)


def variant_title(product: str, options: Iterable[Option]) -> str:
    """A variant's title: its product's, and what sets it apart."""
    labels = ", ".join(option["label"] for option in options)
    return f"{product}, {labels}" if product and labels else product
