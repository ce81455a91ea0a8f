"""The search index of one replica: in memory, full text, built anew when the texts change.

Building it takes about 10 ms for a hundred products, 130 ms for five thousand and 4 s for 126,000.
Because it is never changed in place, the same texts give the same ranks on every replica, which
cursors rely on. Prices and categories are not in it: filters apply to what it finds, by the
catalogue's own rules.
"""

from __future__ import annotations

import bisect
import struct
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract_iter
from tantivy import (
    Document,
    Filter,
    Index,
    Occur,
    Query,
    SchemaBuilder,
    TextAnalyzerBuilder,
    Tokenizer,
)

from deployments.catalog.domain.paging import Hit
from deployments.catalog.domain.text import Searchable, Word, asked, is_number

_HEAP_BYTES, _HEAP_BYTES_A_PRODUCT = 15_000_000, 5_000
"""The least that tantivy accepts for a writer, and room for all products in one segment. It is
taken only as far as it is needed."""
_LONGEST_WORD = 64
_BOOSTS = {"title": 4.0, "options": 3.0, "category": 5.0, "description": 1.0}
_NAMES = ("title", "category")
_UNSTEMMED = {"name_words": 3.0, "description_words": 1.0}
"""The same words once more as they are written, for prefixes and misspellings."""
_OTHER_FIELDS = 0.3
"""What a word that fits in several fields gains from the lesser ones."""
_SKU_BOOST, _SKU_PREFIX_BOOST = 20.0, 8.0
_PREFIX_BOOST, _MISSPELLED_BOOST = 2.0, 0.4
_SHORTEST_PREFIX, _SHORTEST_SKU_PREFIX = 3, 3
_ONE_TYPO_FROM, _TWO_TYPOS_FROM = 4, 8
_ALL_REQUIRED_UP_TO = 2
_AT_ONCE, _PAUSE_SECONDS = 20, 0.0005
T = TypeVar("T")


def _schema() -> Any:  # noqa: ANN401 - tantivy's types are unknown.
    builder = SchemaBuilder()
    for field in _BOOSTS:
        builder.add_text_field(field, tokenizer_name="english")
    for field in _UNSTEMMED:
        builder.add_text_field(field, tokenizer_name="plain", index_option="basic")
    builder.add_text_field("sku", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("position", fast=True)
    return builder.build()


_SCHEMA = _schema()
_PLAIN = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD)).build()
_ENGLISH = (
    TextAnalyzerBuilder(Tokenizer.simple())
    .filter(Filter.remove_long(_LONGEST_WORD))
    .filter(Filter.stemmer("english"))
    .build()
)


class SearchIndex:
    """What the products' words lead to."""

    def __init__(self, texts: Mapping[str, Searchable]) -> None:
        self._ids = sorted(texts)
        self._spelling = Spelling(texts.values())
        self._index = Index(_SCHEMA)
        self._index.register_tokenizer("plain", _PLAIN)
        self._index.register_tokenizer("english", _ENGLISH)
        heap = max(_HEAP_BYTES, _HEAP_BYTES_A_PRODUCT * len(texts))
        writer = self._index.writer(heap_size=heap, num_threads=1)
        for position, product_id in enumerate(_letting_others(self._ids)):
            writer.add_document(_document(position, texts[product_id]))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, limit: int) -> list[Hit]:
        """The products that fit a search string, best first: all if they are fewer than `limit`.

        Of up to two words, every one must be found; of more, two thirds. Where that finds nothing,
        one word is enough that names a product or its category.
        """
        words = asked(query)
        if not words:
            return []
        ways = [self._word(word) for word in words]
        return self._find(ways, _required(len(words)), limit) or self._named_by_any(words, limit)

    def _named_by_any(self, words: Iterable[Word], limit: int) -> list[Hit]:
        return self._find([self._name(word) for word in words if word.says_what], 1, limit)

    def _find(self, words: list[Any], required: int, limit: int) -> list[Hit]:
        query = Query.boolean_query([(Occur.Should, word) for word in words], required)
        # Products are added by their ids, so those that fit as well as each other come in that
        # order, as long as they are in one segment.
        most = limit if self._searcher.num_segments <= 1 else len(self._ids)
        found = self._searcher.search(query, limit=max(1, most), count=False).hits
        positions = self._searcher.fast_field_values("position", [address for _, address in found])
        return [
            Hit(rank=_rank(score), product_id=self._ids[position])
            for (score, _), position in zip(found, positions, strict=True)
        ]

    def _word(self, word: Word) -> Any:  # noqa: ANN401
        """What begins a SKU is one; any other word fits by all its parts."""
        if word.may_be_sku and self._spelling.begins_sku(word.written):
            exact = _boosted(_term("sku", word.written), _SKU_BOOST)
            begun = _boosted(_beginning("sku", word.written), _SKU_PREFIX_BOOST)
            return Query.disjunction_max_query([exact, begun])
        return _all(self._part(part) for part in word.parts)

    def _part(self, part: str) -> Any:  # noqa: ANN401
        """A number fits as it is, a word also as its beginning; or else as a misspelling."""
        stem = _stem(part)
        ways = [_boosted(_term(field, stem), boost) for field, boost in _BOOSTS.items()]
        if is_number(part):
            return Query.disjunction_max_query(ways, _OTHER_FIELDS)
        if len(part) >= _SHORTEST_PREFIX:
            ways += [
                _boosted(_beginning(field, part), _PREFIX_BOOST * weight)
                for field, weight in _UNSTEMMED.items()
            ]
        if not any(self._searcher.doc_freq(field, stem) for field in _BOOSTS):
            ways += self._misspelled(part)
        return Query.disjunction_max_query(ways, _OTHER_FIELDS)

    def _name(self, word: Word) -> Any:  # noqa: ANN401
        return _all(self._name_part(part) for part in word.parts)

    def _name_part(self, part: str) -> Any:  # noqa: ANN401
        names = [_boosted(_term(field, _stem(part)), _BOOSTS[field]) for field in _NAMES]
        return Query.disjunction_max_query([*names, *self._misspelled(part)], _OTHER_FIELDS)

    def _misspelled(self, part: str) -> list[Any]:
        """The words of names and options that are meant by one which nobody knows."""
        return [
            _boosted(_term(field, _stem(known)), _BOOSTS[field] * _MISSPELLED_BOOST / far)
            for known, far in self._spelling.closest(part)
            for field in (*_NAMES, "options")
        ]


class PatchedIndex:
    """An index, and a small one of what has changed since it was built, which takes milliseconds.

    The two know how frequent words are each for itself, so that ranks are alike and not the same
    as those of one index of everything: this stands in until that is built.
    """

    def __init__(self, base: SearchIndex, patch: SearchIndex, changed: Collection[str]) -> None:
        self._base, self._patch, self._changed = base, patch, changed

    def search(self, query: str, limit: int) -> list[Hit]:
        """As `SearchIndex.search`."""
        known = self._base.search(query, limit + len(self._changed))
        kept = [hit for hit in known if hit.product_id not in self._changed]
        return sorted(kept + self._patch.search(query, limit), key=lambda hit: hit.key)[:limit]


class Spelling:
    """The words of all products' names and options, and their SKUs, to compare others with."""

    def __init__(self, texts: Iterable[Searchable]) -> None:
        known = list(_letting_others(texts))
        self._skus = sorted(sku for text in known for sku in text.skus)
        by_letter: defaultdict[str, set[str]] = defaultdict(set)
        for text in _letting_others(known):
            for word in text.name.split():
                by_letter[word[0]] |= {word, _stem(word)}
        self._words = {letter: sorted(words) for letter, words in by_letter.items()}

    def begins_sku(self, written: str) -> bool:
        """Whether a SKU begins so."""
        place = bisect.bisect_left(self._skus, written)
        return (
            len(written) >= _SHORTEST_SKU_PREFIX
            and place < len(self._skus)
            and self._skus[place].startswith(written)
        )

    def closest(self, word: str) -> list[tuple[str, int]]:
        """Words that differ from this one by a letter or two, and by how many.

        The first letter is nearly always right, so it is taken to be; numbers are not guessed.
        """
        typos = _typos(word)
        if is_number(word) or not typos:
            return []
        near = extract_iter(
            word, self._words.get(word[0], ()), scorer=OSA.distance, score_cutoff=typos
        )
        return [(known, int(far)) for known, far, _ in near if far and not is_number(known)]


def _letting_others(each: Iterable[T]) -> Iterator[T]:
    """The same, with pauses: whoever else runs in this process need not take the interpreter away
    from the thread that builds, which would cost it five milliseconds each time."""
    for number, one in enumerate(each, 1):
        if number % _AT_ONCE == 0:
            time.sleep(_PAUSE_SECONDS)
        yield one


def _rank(score: float) -> int:
    """A number that is larger for what fits better: the bits of a 32-bit float, as tantivy has."""
    return int.from_bytes(struct.pack(">f", score))


def _typos(word: str) -> int:
    return (len(word) >= _ONE_TYPO_FROM) + (len(word) >= _TWO_TYPOS_FROM)


def _document(position: int, text: Searchable) -> Any:  # noqa: ANN401
    fields = {field: getattr(text, field) for field in _BOOSTS}
    words = {"name_words": text.name, "description_words": text.description}
    return Document(position=position, sku=list(text.skus), **fields, **words)


def _required(words: int) -> int:
    return words if words <= _ALL_REQUIRED_UP_TO else -(-2 * words // 3)


def _stem(part: str) -> str:
    return str((_ENGLISH.analyze(part) or [part])[0])


def _all(parts: Iterable[Any]) -> Any:  # noqa: ANN401
    return Query.boolean_query([(Occur.Must, part) for part in parts])


def _term(field: str, value: str) -> Any:  # noqa: ANN401
    return Query.term_query(_SCHEMA, field, value)


def _beginning(field: str, value: str) -> Any:  # noqa: ANN401
    return Query.fuzzy_term_query(_SCHEMA, field, value, distance=0, prefix=True)


def _boosted(query: Any, boost: float) -> Any:  # noqa: ANN401
    return Query.boost_query(query, boost)
