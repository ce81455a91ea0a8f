"""What can be found of a product by words, and what a search string asks for."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployments.catalog.contract import Product, Variant

MAX_WORDS = 20
"""Words of a search string beyond these are not looked at, whatever they hang together by."""
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile("['\u2019]s\\b")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without accents and possessive endings."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return _WORD.findall(_POSSESSIVE.sub("", plain))


# What people write around what they mean. "All" is missing on purpose: it begins product names.
_STOP_WORDS = frozenset(
    words_of(
        "a am an and any are as at be by can do for from get have i im in into is it looking me my "
        "need of on or our please show some something that the them they this to want we what "
        "which will with would you your"
    )
)
_SAME = (
    ("bike", "bicycle"),
    ("bikes", "bicycles"),
    ("tire", "tyre"),
    ("tires", "tyres"),
    ("fender", "mudguard"),
    ("fenders", "mudguards"),
    ("grey", "gray"),
    ("headlamp", "headlight"),
    ("headlamps", "headlights"),
)
_SYNONYMS = {word: other for one, two in _SAME for word, other in ((one, two), (two, one))}


@dataclass(frozen=True)
class Searchable:
    """The words of a product by where they stand; SKUs as they are written, in lower case."""

    title: str
    category: str
    options: str
    description: str
    skus: tuple[str, ...]

    @property
    def name(self) -> str:
        """All words but those of the description, for prefixes and misspellings."""
        return " ".join((self.title, self.category, self.options))


@dataclass(frozen=True)
class Word:
    """One word of a search string as it was written, and its parts: `half-finger`."""

    written: str
    parts: tuple[str, ...]

    @property
    def may_be_sku(self) -> bool:
        """Whether it is written as SKUs are: with digits, or what is no letter between them."""
        return not self.written.isalpha()

    @property
    def says_what(self) -> bool:
        """Whether it may name a kind of thing: a bare number does not."""
        return not all(is_number(part) for part in self.parts)


def is_number(word: str) -> bool:
    """Whether a word has digits, so that another spelling of it means something else."""
    return any(char.isdigit() for char in word)


def searchable(product: Product) -> Searchable:
    """What can be found of a product; a word that its variants repeat counts once."""
    titles = [variant.title for variant in product.variants]
    labels = [option.label for variant in product.variants for option in variant.options]
    return Searchable(
        title=_distinct([product.title]),
        category=_distinct(product.categories),
        options=_distinct([*titles, *labels, *(label.replace(" ", "") for label in labels)]),
        description=_distinct([product.description]),
        skus=tuple(variant.sku.lower() for variant in product.variants),
    )


def _distinct(texts: Iterable[str]) -> str:
    """Every word once, and beside it the other word for the same thing."""
    words = (word for text in texts for word in words_of(text))
    both = ((word, _SYNONYMS.get(word, word)) for word in words)
    return " ".join(dict.fromkeys(itertools.chain.from_iterable(both)))


def asked(query: str) -> list[Word]:
    """The words of a search string that mean something; all of them if none does."""
    words = [Word(chunk.lower(), tuple(words_of(chunk))) for chunk in query.split()]
    sayable = [word for word in words if word.parts]
    meaning = [word for word in sayable if not _STOP_WORDS.issuperset(word.parts)]
    return list(_first_parts(meaning or sayable))


def _first_parts(words: Iterable[Word]) -> Iterator[Word]:
    """The words up to the part that is one too many, the last one shortened."""
    left = MAX_WORDS
    for word in words:
        if left > 0:
            yield Word(word.written, word.parts[:left])
        left -= len(word.parts)


def closest_first(variants: Iterable[Variant], query: str) -> tuple[Variant, ...]:
    """The variants with those behind that share fewer words with the search string."""
    wanted = asked(query)
    return tuple(sorted(variants, key=lambda variant: -_shared(variant, wanted)))


def _shared(variant: Variant, wanted: Iterable[Word]) -> int:
    labels = [option.label for option in variant.options]
    known = set(words_of(" ".join([variant.title, *labels])))
    return sum(
        len(known.intersection(word.parts)) + 10 * (word.written == variant.sku.lower())
        for word in wanted
    )
