"""Search is as good as its page says, and finds nothing where nothing is meant."""

from __future__ import annotations

from tests.unit.catalog.search_quality import PAGE, judged, mean_ndcg, measured, page


def test_what_the_store_sells_is_found_and_stands_first() -> None:
    sold = [answer for answer in measured() if answer.judged.grades]
    assert mean_ndcg(sold) >= 0.93
    assert [answer.judged.query for answer in sold if answer.wrongly_empty] == []


def test_what_it_does_not_sell_is_answered_with_nothing() -> None:
    assert {
        answer.judged.query: answer.titles for answer in measured() if answer.wrongly_answered
    } == {}


def test_there_are_enough_queries_and_none_is_judged_twice() -> None:
    queries = [each.query.lower() for each in judged()]
    assert len(set(queries)) == len(queries) >= 60


def test_the_page_shows_the_figures_as_they_are() -> None:
    """`python -m tests.unit.catalog.search_quality` writes it anew."""
    assert PAGE.read_text() == page(measured())
