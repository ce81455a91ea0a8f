"""The cells of one row by the names of their columns, read as what they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError

from deployments.backoffice.formats.items import RowRefusedError
from deployments.backoffice.language import message
from deployments.backoffice.tables.numbers import Mark, NotANumberError, currency_of, decimal_of
from deployments.backoffice.tables.safe_cells import unshielded
from deployments.foundation.values.money import STORE_CURRENCY

_CENTS = 100
_TRUE = frozenset({"true", "1", "yes", "y", "x", "wahr", "ja"})
_FALSE = frozenset({"false", "0", "no", "n", "", "falsch", "nein"})
_MOMENT = TypeAdapter(datetime)


def column(name: str) -> str:
    """How a column's name is compared: in any case, with single blanks."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


class Cells:
    """One row. A column that the file has not is none; `mark` divides fractions off."""

    def __init__(self, number: int, cells: Mapping[str, str], mark: Mark) -> None:
        self.number, self._cells, self._mark = number, cells, mark

    def __contains__(self, name: str) -> bool:
        return name in self._cells

    def holds(self, character: str) -> bool:
        """Whether a character is in any cell."""
        return any(character in cell for cell in self._cells.values())

    def raw(self, *names: str) -> str:
        """The cell under the first of these columns that has something in it; else nothing."""
        return next((cell for name in names if (cell := self._cells.get(name, "")).strip()), "")

    def content(self, *names: str) -> str:
        """The same as the text that was meant, as it stands there."""
        return unshielded(self.raw(*names))

    def name(self, *names: str) -> str:
        """The same without blanks around it: an id, a SKU, an option."""
        return self.content(*names).strip()

    def number_in(self, name: str) -> Decimal | None:
        """A number; none if the cell is blank."""
        cell = self.raw(name).strip()
        if not cell:
            return None
        try:
            return decimal_of(unshielded(cell) if cell.startswith("'") else cell, self._mark)
        except NotANumberError:
            raise RowRefusedError(
                message("%(column)s holds “%(cell)s”, which is no number here."),
                column=name,
                cell=cell,
            ) from None

    def whole(self, name: str) -> int | None:
        """A whole number; none if the cell is blank."""
        number = self.number_in(name)
        if number is not None and number != number.to_integral_value():
            raise RowRefusedError(
                message("%(column)s holds “%(cell)s”, which is no whole number."),
                column=name,
                cell=self.raw(name),
            )
        return None if number is None else int(number)

    def price(self, name: str) -> int | None:
        """An amount of the store's currency, in cents; none if the cell is blank."""
        currency = currency_of(self.raw(name))
        if currency not in {None, STORE_CURRENCY}:
            raise _other_currency(name, str(currency))
        number = self.number_in(name)
        if number is None:
            return None
        cents = number * _CENTS
        if cents != cents.to_integral_value() or cents < 0:
            raise RowRefusedError(
                message("%(column)s holds “%(cell)s”, which is no amount in cents."),
                column=name,
                cell=self.raw(name),
            )
        return int(cents)

    def check_currency(self, name: str) -> None:
        """Refuses a row whose prices are in another currency than the store's."""
        named = self.name(name).upper()
        if named not in {"", STORE_CURRENCY}:
            raise _other_currency(name, named)

    def truth(self, name: str) -> bool:
        """Yes or no; blank is no."""
        cell = self.name(name).casefold()
        if cell in _TRUE:
            return True
        if cell in _FALSE:
            return False
        raise RowRefusedError(
            message("%(column)s holds “%(cell)s”, which is neither yes nor no."),
            column=name,
            cell=cell,
        )

    def moment(self, name: str) -> datetime | None:
        """A moment, in UTC where the cell names no zone; none if it is blank."""
        cell = self.name(name)
        if not cell:
            return None
        try:
            found = _MOMENT.validate_python(cell, strict=False)
        except ValidationError:
            raise RowRefusedError(
                message(
                    "%(column)s holds “%(cell)s”. Write it as 2026-11-29 or 2026-11-29T09:00Z."
                ),
                column=name,
                cell=cell,
            ) from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _other_currency(name: str, currency: str) -> RowRefusedError:
    return RowRefusedError(
        message("%(column)s is in %(currency)s, and the store sells in %(own)s."),
        column=name,
        currency=currency,
        own=STORE_CURRENCY,
    )
