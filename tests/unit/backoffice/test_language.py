"""Every sentence is translated, and money and times are written as the language writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.backoffice.language import (
    DEFAULT,
    LANGUAGES,
    Language,
    NotAnAmountError,
    negotiated,
)
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract.sign_in import TooManyAttempts
from tests.unit.backoffice.messages import REJECTIONS, catalogue, sentences

OTHERS = [code for code in LANGUAGES if code != DEFAULT]


def texts_of(message: object) -> list[str]:
    """A sentence, or those of a singular and a plural."""
    return [message] if isinstance(message, str) else list(message)  # type: ignore[call-overload]


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated(code: str) -> None:
    known = catalogue(code)
    missing = [
        one.id
        for one in sentences()
        if one.id and (one.id not in known or not all(texts_of(known[one.id].string)))
    ]
    assert missing == [], "run `python -m tests.unit.backoffice.messages`, and translate"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_same_values(code: str) -> None:
    for one in catalogue(code):
        if one.id and not str(one.id).startswith(REJECTIONS):
            wanted = {name for text in texts_of(one.id) for name in re.findall(r"%\((\w+)\)", text)}
            for text in texts_of(one.string):
                assert set(re.findall(r"%\((\w+)\)", text)) <= wanted, one.id


@pytest.mark.parametrize("code", OTHERS)
def test_no_catalogue_translates_what_nobody_says(code: str) -> None:
    said = {str(one.id) for one in sentences()}
    kept = [str(one.id) for one in catalogue(code)]
    assert [one for one in kept if one not in said and not one.startswith(REJECTIONS)] == []


@given(st.integers(0, 10**11), st.sampled_from(["USD", "JPY"]), st.sampled_from(list(LANGUAGES)))
def test_an_amount_that_was_shown_can_be_typed(amount: int, currency: str, code: str) -> None:
    language = Language(code)
    assert language.minor_units(language.typed_money(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("code", "typed", "cents"),
    [("en", "1,234.50", 123450), ("de", "1.234,50", 123450), ("de", "1234,5", 123450)],
)
def test_an_amount_is_read_as_the_language_writes_it(code: str, typed: str, cents: int) -> None:
    assert Language(code).minor_units(typed, "USD") == cents


@pytest.mark.parametrize("typed", ["", "abc", "1.2.3", "1e9", "0.005", "1" * 30, "12,34.5", "∞"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmountError):
        Language("en").minor_units(typed, "USD")


def test_money_and_times_are_the_languages_own() -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert Language("de").money(123450, "USD").startswith("1.234,50")
    assert Language("de").time(at).startswith("01.06.2026")


@pytest.mark.parametrize(
    ("chosen", "accepted", "code"),
    [
        (None, "de-CH,de;q=0.9", "de"),
        (None, "fr,en;q=0.5", "en"),
        (None, None, "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
        (None, ",;,", "en"),
    ],
)
def test_the_readers_language_is_found(chosen: str | None, accepted: str, code: str) -> None:
    assert negotiated(chosen, accepted).code == code


def test_a_rejection_is_translated_by_its_code_and_else_says_its_sentence() -> None:
    no = TooManyAttempts("Too many attempts. Try again in 30 s.", 30)
    assert Language("de").rejection(no) == "Zu viele Versuche. Der nächste zählt in 30 Sekunden."
    assert Language("en").rejection(no) == no.sentence
    assert Language("de").rejection(Rejection("Something new.")) == "Something new."
