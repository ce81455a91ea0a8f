"""Cursors lead through a ranked list exactly once, and are refused when they are not ours."""

from __future__ import annotations

import base64
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.domain.paging import ForeignCursorError, Hit, identity, turn
from deployments.catalog.domain.products import Filters

SEARCH = identity("shirt", Filters())
HITS = st.dictionaries(st.text(max_size=8), st.integers(0, 3), max_size=40).map(
    lambda ranks: [Hit(rank, id_) for id_, rank in ranks.items()]
)


def walk(hits: list[Hit], limit: int) -> list[Hit]:
    page = turn(hits, SEARCH, None, limit)
    seen = list(page.hits)
    while page.cursor is not None:
        page = turn(hits, SEARCH, page.cursor, limit)
        assert page.total == len(hits)
        seen += page.hits
    return seen


@given(HITS, st.integers(1, 10), st.randoms())
def test_pages_show_every_hit_once_and_best_first(
    hits: list[Hit], limit: int, random: Random
) -> None:
    mixed = list(hits)
    random.shuffle(mixed)
    assert walk(mixed, limit) == sorted(hits, key=lambda hit: (-hit.rank, hit.product_id))


@given(HITS.filter(lambda hits: len(hits) > 1))
def test_the_last_page_has_no_cursor_even_if_it_is_full(hits: list[Hit]) -> None:
    assert turn(hits, SEARCH, None, len(hits)).cursor is None
    assert turn(hits, SEARCH, None, len(hits) - 1).cursor is not None


def test_a_product_that_goes_away_between_two_pages_moves_nothing() -> None:
    hits = [Hit(5, "a"), Hit(4, "b"), Hit(3, "c"), Hit(2, "d")]
    first = turn(hits, SEARCH, None, 2)
    assert turn([hits[0], *hits[2:]], SEARCH, first.cursor, 2).hits == (hits[2], hits[3])


def cursor() -> str:
    page = turn([Hit(2, "shirt-1"), Hit(1, "shirt-2")], SEARCH, None, 1)
    assert page.cursor is not None
    return page.cursor


@given(st.integers(0, len(cursor()) - 1), st.sampled_from("ABCxyz019-_ =é"))
def test_a_cursor_that_was_altered_is_refused(place: int, char: str) -> None:
    ours = cursor()
    altered = ours[:place] + char + ours[place + 1 :]
    if altered != ours:
        with pytest.raises(ForeignCursorError):
            turn([], SEARCH, altered, 1)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cursor_from_elsewhere_is_refused(foreign: str) -> None:
    with pytest.raises(ForeignCursorError):
        turn([], SEARCH, foreign, 1)


@pytest.mark.parametrize(
    "other",
    [
        identity("shirts", Filters()),
        identity(None, Filters()),
        identity("shirt", Filters(categories=("Clothing",))),
        identity("shirt", Filters(max_price=1)),
    ],
)
def test_a_cursor_of_another_search_is_refused(other: str) -> None:
    with pytest.raises(ForeignCursorError):
        turn([], other, cursor(), 1)


def test_the_order_of_categories_does_not_make_another_search() -> None:
    one, two = Filters(categories=("a", "b")), Filters(categories=("b", "a"))
    assert identity(None, one) == identity(None, two)
