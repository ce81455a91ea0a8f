"""Countries and their regions, as addresses write them.

What is the same in another case, with or without accents, is the same here. `pycountry` has the
lists: ISO 3166-1 and 3166-2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pycountry

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
# Codes and names of regions that ISO 3166-2 had before, or never had.
_OTHER_REGIONS: Mapping[str, Mapping[str, str]] = {
    "CA": {"nf": "NL", "newfoundland": "NL", "yukon territory": "YT", "pei": "PE"},
    "US": {"washington dc": "DC", "washington, d.c.": "DC", "washington, dc": "DC", "d.c.": "DC"},
}
_NO_POSTAL_CODES = (
    "AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GQ GY HK JM KI "
    "KM KP LY ML MO MR MW NR NU QA RW SB SC SL SR ST SY TD TG TK TL TO TT TV UG VU YE ZW"
)
WITHOUT_POSTAL_CODES = frozenset(_NO_POSTAL_CODES.split())
"""Countries whose post knows no codes (Universal Postal Union)."""


def country_code(country: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of what is such a code, an alpha-3 code or an English name."""
    return _countries().get(_plain(country))


def region_code(country: str, region: str) -> str | None:
    """The code, without the country's, of a region of a country given by its alpha-2 code.

    `CA`, `us-ca` and `california` are all the US's `CA`. None for what is no region there.
    """
    return _regions(country).get(_plain(region))


@cache
def _countries() -> dict[str, str]:
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


@cache
def _regions(country: str) -> dict[str, str]:
    found = dict(_OTHER_REGIONS.get(country, {}))
    subdivisions: Any = pycountry.subdivisions
    for region in subdivisions.get(country_code=country) or ():
        code = region.code.partition("-")[2]
        found |= {_plain(spelling): code for spelling in (region.code, code, region.name)}
    return found


def _plain(text: str) -> str:
    """Without case, accents and surplus spaces."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())
