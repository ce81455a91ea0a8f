"""What a change tells, and how much of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from deployments.foundation.values.authorship import (
    MOST_RECORDED_BYTES,
    STORE,
    Author,
    Change,
    shortened,
)

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def size(values: object) -> int:
    return len(json.dumps(values, ensure_ascii=False).encode(errors="replace"))


def change(subject: str = "catalog/product/TI-M267", action: str = "price_changed") -> Change:
    return Change(author=STORE, subject=subject, action=action, at=AT)


@given(st.dictionaries(st.text(), VALUES | st.text(min_size=600).map(lambda text: text * 9)))
def test_what_is_recorded_is_bounded_and_what_fits_stays(values: dict[str, JsonValue]) -> None:
    kept = shortened(values)
    assert size(kept) <= MOST_RECORDED_BYTES
    if size(values) <= MOST_RECORDED_BYTES:
        assert kept == values


def test_a_long_text_is_cut_and_the_rest_stays() -> None:
    told = Change.model_validate(
        change().model_dump() | {"after": {"text": "x" * 5000, "price": 5999}}
    )
    assert told.after == {"text": "x" * 500 + "…", "price": 5999}


def test_too_many_values_are_counted_instead() -> None:
    values: dict[str, JsonValue] = {f"field {n}": n for n in range(1000)}
    assert shortened(values) == {"left_out_bytes": size(values)}


@pytest.mark.parametrize("subject", ["", "TI-M267", "catalog/product/", "Catalog/product/x"])
def test_a_subject_names_its_service_and_kind(subject: str) -> None:
    with pytest.raises(ValidationError):
        change(subject=subject)


def test_a_change_survives_the_wire() -> None:
    author = Author(kind="person", id="ada@example.org", name="Ada", address="127.0.0.1")
    sent = Change(
        author=author,
        subject="inventory/stock/TI-M267",
        action="stock_received",
        before={"available": 1},
        after={"available": 3},
        reason=" two more ",
        at=AT,
    )
    assert Change.model_validate_json(sent.model_dump_json()) == sent
    assert sent.reason == "two more"
