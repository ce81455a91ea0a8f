"""Countries as addresses write them, and the zone in which each lies."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import pycountry

Zone = Literal["US", "CA", "WORLD"]
"""Where a method delivers: the United States, Canada, or every other country."""

# Names in everyday use that ISO 3166-1 does not list.
_EVERYDAY_NAMES = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "u.s.": "US",
    "u.s.a.": "US",
    "russia": "RU",
    "turkey": "TR",
    "ivory coast": "CI",
}


def alpha_2(country: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of what is such a code, an alpha-3 code or an English name."""
    return _spellings().get(_plain(country))


def zone_of(alpha_2_code: str) -> Zone:
    """The zone of a country."""
    if alpha_2_code == "US":
        return "US"
    return "CA" if alpha_2_code == "CA" else "WORLD"


@cache
def _spellings() -> dict[str, str]:
    listed = {
        _plain(spelling): country.alpha_2
        for country in pycountry.countries
        for spelling in _spellings_of(country)
    }
    return {**_EVERYDAY_NAMES, **listed}


def _spellings_of(country: Any) -> Iterator[str]:  # noqa: ANN401 - pycountry's rows are untyped.
    for field in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
        if spelling := getattr(country, field, None):
            yield spelling


def _plain(text: str) -> str:
    """Without case, accents and surplus spaces."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())
