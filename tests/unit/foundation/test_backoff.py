"""Pauses between attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.values.backoff import Backoff

SECONDS = st.floats(0.001, 1e6)


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=5.0)
    assert [backoff.after(failures) for failures in range(1, 7)] == [0.5, 1, 2, 4, 5, 5]


@given(SECONDS, SECONDS, st.integers(1, 10**9))
def test_no_number_of_failures_is_too_many(first: float, longest: float, failures: int) -> None:
    backoff = Backoff(first, longest)
    assert min(first, longest) <= backoff.after(failures) <= longest
    assert backoff.after(failures) <= backoff.after(failures + 1)
    assert backoff.after(10**9 + failures) == longest
