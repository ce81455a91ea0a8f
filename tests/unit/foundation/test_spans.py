"""Spans: what belongs together, what is kept, and that nothing is recorded without a recorder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.foundation.rpc.detach import detach
from deployments.foundation.values.spans import Span, record_with
from deployments.foundation.values.trace import current, new_trace, tracing

CLIENT = "00f067aa0ba902b7"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED, NOT_SAMPLED = f"00-{TRACE}-{CLIENT}-01", f"00-{TRACE}-{CLIENT}-00"


class Kept:
    """Keeps what is recorded, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[list[Span]] = []

    def record(self, spans: list[Span]) -> None:
        self.pieces.append(spans)

    def names(self) -> list[list[str]]:
        return [[span.name for span in piece] for piece in self.pieces]


@pytest.fixture
def kept() -> Iterator[Kept]:
    recorder = Kept()
    record_with(recorder)
    yield recorder
    record_with(None)


def test_a_span_is_the_parent_of_what_happens_in_it(kept: Kept) -> None:
    with tracing(SAMPLED), Span("carts", "outer", "server") as outer:
        assert current() == f"00-{TRACE}-{outer.span_id}-01"
        with Span("carts", "inner", "client") as inner:
            pass
    assert (outer.parent_id, inner.parent_id) == (CLIENT, outer.span_id)
    assert {outer.trace_id, inner.trace_id} == {TRACE}
    assert outer.began <= inner.began <= inner.ended <= outer.ended
    assert kept.names() == [["inner", "outer"]]


def test_a_trace_that_begins_here_has_no_parent(kept: Kept) -> None:
    with tracing(new_trace()), Span("carts", "first") as first:
        pass
    assert first.parent_id is None
    assert len(kept.pieces) == 1


@pytest.mark.parametrize("how", ["nothing", "fails", "kept"])
def test_what_is_not_sampled_is_recorded_whole_if_a_part_of_it_fails(kept: Kept, how: str) -> None:
    with tracing(NOT_SAMPLED), Span("carts", "outer"):
        with Span("carts", "well"):
            pass
        with Span("carts", "ill") as ill:
            if how == "fails":
                ill.fail("lost")
            elif how == "kept":
                ill.keep()
    assert kept.names() == ([] if how == "nothing" else [["well", "ill", "outer"]])


async def test_detached_work_belongs_to_what_began_it(kept: Kept) -> None:
    async def work() -> None:
        with Span("carts", "detached") as span:
            span.fail("lost")

    with tracing(NOT_SAMPLED), Span("carts", "outer"):
        await detach(work(), seconds=5, name="work")
    assert kept.names() == [["detached", "outer"]]


def test_a_span_that_outlives_its_piece_is_recorded_by_itself(kept: Kept) -> None:
    with tracing(SAMPLED):
        outer, late = Span("carts", "outer"), Span("carts", "late")
        outer.__enter__()
        late.__enter__()
        outer.__exit__(None, None, None)
        late.__exit__(None, None, None)
    assert kept.names() == [["outer"], ["late"]]


def test_nothing_is_recorded_or_changed_without_a_recorder() -> None:
    with tracing(SAMPLED), Span("carts", "outer") as span:
        assert current() == SAMPLED
        span.fail("lost")
    assert not span.is_recorded
