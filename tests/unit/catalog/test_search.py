"""What words find in the catalogue that the store ships with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.domain.text import MAX_WORDS, asked, closest_first, searchable, words_of
from deployments.catalog.index import SearchIndex
from tests.unit.catalog.search_quality import MOST, index, shipped, titles


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("helmet", "Sport-100"),
        ("helmets", "Sport-100"),  # stemming
        ("HELMET", "Sport-100"),
        ("hélmet", "Sport-100"),
        ("helmt", "Sport-100"),  # typos
        ("hlemet", "Sport-100"),
        ("panier", "Touring-Panniers"),
        ("derailer front", "Front Derailleur"),
        ("hydr", "Hydration Pack"),  # prefixes
        ("women's tigh", "Women's Tights"),
        ("womens tights", "Women's Tights"),
        ("half-finger glove", "Half-Finger Gloves"),
        ("BK-M82S-44", "Mountain-100"),  # SKUs
        ("bk-m82", "Mountain-100"),
        ("bicycle wash", "Bike Wash"),  # the other word for it
        ("rack to carry bikes on my car", "Hitch Rack - 4-Bike"),
        ("I am looking for a water bottle", "Water Bottle"),
        ("battery light for the back", "Taillight"),
    ],
)
def test_the_best_match_comes_first(query: str, best: str) -> None:
    assert titles(query)[0] == best


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("socks", {"Mountain Bike Socks", "Racing Socks"}),
        ("jersy", {"Long-Sleeve Logo Jersey", "Short-Sleeve Classic Jersey"}),
        ("touring bike", {"Touring-1000", "Touring-2000", "Touring-3000"}),
        ("mountain bikes", {"Mountain-100", "Mountain-200", "Mountain-300", "Mountain-500"}),
    ],
)
def test_what_is_meant_is_at_the_top(query: str, expected: set[str]) -> None:
    assert expected <= set(titles(query)[: len(expected) + 1])


@pytest.mark.parametrize("query", ["zzzzqq", "山地车", "-", "'", "🚲", "qqqq zzzz wwww"])
def test_what_nobody_knows_finds_nothing(query: str) -> None:
    assert titles(query) == ()


def test_two_words_must_both_be_found_if_anything_has_both() -> None:
    assert titles("women's shorts") == ("Women's Mountain Shorts",)
    assert titles("cushioning socks") == ("Mountain Bike Socks",)  # "… that cushion the foot"


def test_one_word_is_enough_if_nothing_has_both_and_it_names_the_thing() -> None:
    assert titles("unobtainium lock")[0] == "Cable Lock"
    assert titles("unobtainium lok") == ()  # three letters are too few to guess
    assert titles("purple unicycle") == ()
    assert titles("red unicycle") == ()  # red is an option of much
    assert titles("unicycle 44") == ()


SKUS = sorted(variant.sku for product in shipped().values() for variant in product.variants)
NUMBERS = {
    word
    for product in shipped().values()
    for text in (product.title, product.description, *(v.title for v in product.variants))
    for word in words_of(text)
}


@given(st.from_regex(r"[0-9]{1,5}|[a-z]{1,3}[0-9]{1,4}", fullmatch=True))
def test_a_number_is_found_as_it_is_or_not_at_all(number: str) -> None:
    labels = {
        label.replace(" ", "").lower()
        for product in shipped().values()
        for variant in product.variants
        for label in (option.label for option in variant.options)
    }
    if number not in NUMBERS | labels and not any(sku.lower().startswith(number) for sku in SKUS):
        assert titles(number) == ()


@given(st.sampled_from(SKUS), st.integers(3, 8))
def test_the_beginning_of_a_sku_finds_those_that_begin_so_and_no_others(
    sku: str, length: int
) -> None:
    beginning = sku[:length]
    found = {hit.product_id for hit in index().search(beginning.swapcase(), MOST)}
    assert found == {
        id_
        for id_, product in shipped().items()
        if any(variant.sku.startswith(beginning) for variant in product.variants)
    }


@pytest.mark.parametrize("glue", ["-", " ", "/", "."])
def test_words_are_capped_whatever_they_hang_together_by(glue: str) -> None:
    words = asked(glue.join(["half", "finger"] * 70))
    assert sum(len(word.parts) for word in words) == MAX_WORDS


def test_the_order_does_not_depend_on_the_order_of_loading() -> None:
    backwards = dict(reversed([(id_, searchable(p)) for id_, p in shipped().items()]))
    again = SearchIndex(backwards)
    for query in ("frame", "red road frame 58", "hl", "bycicle", "saddle"):
        assert sorted(again.search(query, MOST), key=lambda h: h.key) == sorted(
            index().search(query, MOST), key=lambda h: h.key
        )


def test_the_variant_that_was_asked_for_comes_first() -> None:
    (frame,) = [product for product in shipped().values() if product.title == "HL Road Frame"]
    assert closest_first(frame.variants, "red frame 58")[0].sku == "FR-R92R-58"
    assert closest_first(frame.variants, "fr-r92r-44")[0].sku == "FR-R92R-44"


@given(st.text(max_size=200))
def test_any_text_can_be_searched_for(query: str) -> None:
    index().search(query, MOST)


@given(st.sampled_from(sorted(id_ for id_ in shipped())))
def test_every_product_is_found_by_its_own_title(id_: str) -> None:
    assert id_ in {hit.product_id for hit in index().search(shipped()[id_].title, MOST)}


@given(st.sampled_from(sorted(v.sku for p in shipped().values() for v in p.variants)))
def test_every_variant_is_found_first_by_its_sku(sku: str) -> None:
    best = min(index().search(sku, MOST), key=lambda hit: hit.key)
    assert sku in {variant.sku for variant in shipped()[best.product_id].variants}


def test_words_are_plain_and_those_that_say_nothing_are_left_out() -> None:
    assert words_of("The CAFÉ's 44 cm Half-Finger") == ["the", "cafe", "44", "cm", "half", "finger"]
    assert [word.written for word in asked("I need a LOCK for my bike")] == ["lock", "bike"]
    assert [word.written for word in asked("is it for me")] == ["is", "it", "for", "me"]
