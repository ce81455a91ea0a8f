"""The reader's language: what pages say, and how they write money, numbers and times.

Pages are written in English, which is the catalogues' key, too. A catalogue is `locale/<code>.po`,
and is compiled in memory when it is first read: there is no compiled file that could be stale.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    get_currency_precision,
    parse_decimal,
)
from babel.support import NullTranslations, Translations

from deployments.foundation.rpc.rejection import Rejection

CATALOGUES = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "de": "Deutsch"}
"""What a reader can choose, each in its own words."""
DEFAULT = "en"
_LOCALES = {"en": "en_US", "de": "de_DE"}
_LONGEST_HEADER = 200
_AMOUNT = re.compile(r"[0-9.,\s\u00a0\u202f]{1,20}")
_MOST_DIGITS = 12
_WHOLE = 100


class NotAnAmountError(ValueError):
    """The text is no amount of money in this language."""


def message(text: str) -> str:
    """Marks a sentence for the catalogues that is translated only where it is shown."""
    return text


@dataclass(frozen=True)
class Language:
    """One language, by its code."""

    code: str

    @property
    def locale(self) -> Locale:
        """How the language writes numbers and times."""
        return Locale.parse(_LOCALES[self.code])

    def text(self, message: str, /, **values: object) -> str:
        """A sentence in this language; `%(name)s` in it becomes the value of that name."""
        found = str(_catalogue(self.code).ugettext(message))
        return found % values if values else found

    def texts(self, one: str, many: str, number: int, /, **values: object) -> str:
        """A sentence that depends on a number, which is `%(number)s` in it."""
        found = str(_catalogue(self.code).ungettext(one, many, number))
        return found % {"number": self.number(number), **values}

    def rejection(self, no: Rejection) -> str:
        """What a service says no with: translated by its code where the catalogue knows it."""
        found = self.text(no.code)
        if found == no.code:
            return no.sentence
        return found % {one.name: getattr(no, one.name) for one in fields(no)}

    def money(self, amount: int, currency: str) -> str:
        """An amount in minor units, such as 1,234.50 with its currency's sign."""
        return format_currency(_major(amount, currency), currency, locale=self.locale)

    def typed_money(self, amount: int, currency: str) -> str:
        """An amount as one types it into a form: `1234.50`, or `1234,50` in German."""
        digits = get_currency_precision(currency)
        pattern = "0." + "0" * digits if digits else "0"
        return format_decimal(_major(amount, currency), pattern, locale=self.locale)

    def minor_units(self, typed: str, currency: str) -> int:
        """The amount in minor units that somebody typed. Raises `NotAnAmountError`."""
        if not _AMOUNT.fullmatch(typed.strip()):
            raise NotAnAmountError
        try:
            major: Decimal = parse_decimal(typed.strip(), locale=self.locale, strict=True)
        except NumberFormatError as mistake:
            raise NotAnAmountError from mistake
        minor = major.scaleb(get_currency_precision(currency))
        if minor != minor.to_integral_value() or minor.adjusted() > _MOST_DIGITS:
            raise NotAnAmountError
        return int(minor)

    def percentage(self, typed: str) -> str:
        """A percentage that somebody typed, such as 12.5 or 12,5, with a point and no sign.

        Raises `NotAnAmountError`, for more than two digits behind the point too.
        """
        text = typed.strip().removesuffix("%").strip()
        if not _AMOUNT.fullmatch(text):
            raise NotAnAmountError
        try:
            found: Decimal = parse_decimal(text, locale=self.locale, strict=True)
        except NumberFormatError as mistake:
            raise NotAnAmountError from mistake
        if found > _WHOLE or found != round(found, 2):
            raise NotAnAmountError
        return f"{found.normalize():f}"

    def percent(self, percent: str) -> str:
        """A percentage with its sign, such as 12.5%."""
        sign = "%" if self.code == DEFAULT else "\u00a0%"
        return f"{format_decimal(Decimal(percent), locale=self.locale)}{sign}"

    def typed_number(self, number: str) -> str:
        """A decimal number as one types it into a form: `12.5`, or `12,5` in German."""
        return format_decimal(Decimal(number), "0.####", locale=self.locale)

    def date(self, at: date) -> str:
        """A day."""
        return format_date(at, "medium", locale=self.locale)

    def number(self, number: float) -> str:
        """A number with its separators."""
        return format_decimal(number, locale=self.locale)

    def time(self, at: datetime) -> str:
        """A moment, in UTC, which says so."""
        return f"{format_datetime(at, 'medium', locale=self.locale)} UTC"


def _major(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def negotiated(chosen: str | None, accepted: str | None) -> Language:
    """The language somebody chose; else the first that his browser accepts; else English."""
    if chosen in LANGUAGES:
        return Language(chosen)
    wanted = [
        part.partition(";")[0].strip() for part in (accepted or "")[:_LONGEST_HEADER].split(",")
    ]
    found = negotiate_locale([one for one in wanted if one], list(LANGUAGES), sep="-")
    return Language(found or DEFAULT)


@cache
def _catalogue(code: str) -> NullTranslations:
    path = CATALOGUES / f"{code}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


def check_catalogues() -> None:
    """Compile every catalogue, so that a broken one shows when the service starts."""
    for code in LANGUAGES:
        _catalogue(code)
