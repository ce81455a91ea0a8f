"""An import rests as long as answers take, and longer when they take longer than usual."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployments.backoffice.imports.pace import LONGEST_REST_SECONDS, Pace


def rests(*answers: float) -> list[float]:
    pace = Pace()
    return [pace.rest_after(took) for took in answers]


def test_it_asks_half_of_the_time_while_nobody_else_does() -> None:
    assert rests(*[0.01] * 50) == [0.01] * 50


def test_it_rests_longer_while_answers_take_longer_and_less_when_they_do_not() -> None:
    quiet, busy, quiet_again = rests(*[0.01] * 20, *[0.04] * 20, *[0.01] * 40)[19::20][:3]
    assert quiet == 0.01
    assert busy > 2 * 0.04
    assert quiet_again < 0.015


@given(st.lists(st.floats(0, 60), min_size=1, max_size=50))
def test_a_rest_is_bounded_and_never_shorter_than_the_answer_was(answers: list[float]) -> None:
    for took, rest in zip(answers, rests(*answers), strict=True):
        assert min(took, LONGEST_REST_SECONDS) <= rest <= LONGEST_REST_SECONDS
