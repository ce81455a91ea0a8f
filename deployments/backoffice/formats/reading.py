"""A file as items: what wrote it, in which encoding, and how it writes numbers, is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from deployments.backoffice.formats import medusa, own, shopify, woocommerce
from deployments.backoffice.formats.cells import Cells, column
from deployments.backoffice.formats.items import (
    ImportItem,
    ImportKind,
    RefusedRow,
    RowRefusedError,
)
from deployments.backoffice.formats.medusa import MedusaProducts, is_medusa
from deployments.backoffice.formats.pieces import Piece, Pieces, refused
from deployments.backoffice.formats.shopify import ShopifyProducts, is_shopify
from deployments.backoffice.formats.woocommerce import WooCommerceProducts, is_woocommerce
from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import MAX_COLUMNS, MAX_ROWS, UnreadableError
from deployments.backoffice.tables.numbers import Mark, mark_of
from deployments.backoffice.tables.separated import Row, separated_rows
from deployments.backoffice.tables.workbook import ARCHIVE, workbook_rows

_AMOUNTS = ("price", "amount", "minimum_subtotal", "cost", "weight", "grams", "percent")
ReadEntry = ImportItem | RefusedRow


@dataclass(frozen=True)
class Read:
    """A file that can be read: what wrote it, how many items there are, which columns nobody
    takes, and the items, with the rows that make no sense among them."""

    wrote: str
    total: int
    left_out: tuple[str, ...]
    entries: Iterator[ReadEntry]


class _Table:
    """The rows of a file under the names of its columns."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.is_workbook = file.read(len(ARCHIVE)) == ARCHIVE
        file.seek(0)
        self.separator = ","
        header = next(self._rows(), None)
        if header is None:
            raise UnreadableError(message("The file is empty."))
        self.written = [name.strip() for name in header[1]][:MAX_COLUMNS]
        self.columns = [column(name) for name in self.written]
        if len(header[1]) > MAX_COLUMNS:
            raise UnreadableError(
                message("The file has more than %(number)s columns."), number=MAX_COLUMNS
            )

    def _rows(self) -> Iterator[Row]:
        self._file.seek(0)
        if self.is_workbook:
            return workbook_rows(self._file)
        self.separator, rows = separated_rows(self._file)
        return rows

    def rows(self) -> Iterator[Row]:
        """All rows but the header. Raises `UnreadableError` where there are too many."""
        rows = self._rows()
        next(rows, None)
        for count, row in enumerate(rows, 1):
            if count > MAX_ROWS:
                raise UnreadableError(
                    message("The file has more than %(number)s rows. Divide it."), number=MAX_ROWS
                )
            yield row

    def cells(self, mark: Mark) -> Iterator[Cells]:
        """The same, by their columns' names; of two columns of one name the first counts."""
        for number, row in self.rows():
            named: dict[str, str] = {}
            for name, cell in zip(self.columns, row, strict=False):
                if name:
                    named.setdefault(name, cell)
            yield Cells(number, named, mark)

    def mark(self) -> Mark:
        """What divides fractions off: what amounts say, or else what goes with the separator."""
        default: Mark = "," if self.separator == ";" else "."
        wanted = [
            place
            for place, name in enumerate(self.columns)
            if any(part in name for part in _AMOUNTS)
        ]
        if self.is_workbook or not wanted:
            return default
        return mark_of((row[n] for _, row in self.rows() for n in wanted if n < len(row)), default)


def read(file: BinaryIO, kind: ImportKind) -> Read:
    """What the file asks for. Raises `UnreadableError`, here or from the entries."""
    table = _Table(file)
    columns = frozenset(table.columns)
    if kind == "products":
        return _products(table, columns)
    taken, needed, items = _OWN[kind]
    if not needed <= columns:
        missing = ", ".join(sorted(needed - columns))
        raise UnreadableError(message("The file lacks columns: %(columns)s."), columns=missing)
    mark = table.mark()
    total = sum(1 for _ in table.rows())
    entries = _each(table.cells(mark), items)
    return Read("own", total, _left_out(table, frozenset(taken)), entries)


_OWN: dict[
    ImportKind,
    tuple[tuple[str, ...], frozenset[str], Callable[[Cells], Iterable[ImportItem]]],
] = {
    "prices": (own.PRICE_COLUMNS, frozenset({"sku", "price"}), own.price_items),
    "stock": (own.STOCK_COLUMNS, frozenset({"sku", "location_id"}), own.stock_items),
    "codes": (own.CODE_COLUMNS, frozenset({"code"}), own.code_items),
}


def _each(
    rows: Iterable[Cells], items: Callable[[Cells], Iterable[ImportItem]]
) -> Iterator[ReadEntry]:
    for cells in rows:
        try:
            check_text(cells)
            yield from items(cells)
        except RowRefusedError as no:
            yield refused(cells.number, cells.name("sku", "code"), no)


def check_text(cells: Cells) -> None:
    """Refuses a row with a character that is in no text."""
    if cells.holds("\0"):
        raise RowRefusedError(message("A cell holds a NUL character."))


def _products(table: _Table, columns: frozenset[str]) -> Read:
    wrote, taken, piece = _dialect(columns)
    mark = table.mark()
    pieces, odd = Pieces(), list[RefusedRow]()
    for cells in table.cells(mark):
        try:
            check_text(cells)
            pieces.add(piece(cells))
        except RowRefusedError as no:
            subject = cells.name("product_id", "handle", "url handle", "product handle", "sku")
            odd.append(refused(cells.number, subject, no))

    def entries() -> Iterator[ReadEntry]:
        yield from odd
        yield from pieces.products()

    return Read(wrote, pieces.count() + len(odd), _left_out(table, taken), entries())


def _dialect(
    columns: frozenset[str],
) -> tuple[str, frozenset[str], Callable[[Cells], Piece]]:
    """What wrote the file: its name, the columns that are taken, and how a row is read."""
    if "product_id" in columns:
        return "own", frozenset(own.PRODUCT_COLUMNS), own.product_piece
    if is_shopify(columns):
        return "Shopify", shopify.TAKEN, ShopifyProducts().piece
    if is_woocommerce(columns):
        return "WooCommerce", woocommerce.TAKEN, WooCommerceProducts().piece
    if is_medusa(columns):
        return "Medusa", medusa.TAKEN, MedusaProducts().piece
    raise UnreadableError(
        message(
            "These columns are neither the store's own nor those of Shopify, WooCommerce or "
            "Medusa. An export shows the store's own; it needs product_id."
        )
    )


def _left_out(table: _Table, taken: frozenset[str]) -> tuple[str, ...]:
    """The columns that are not taken, as the file writes them."""
    both = zip(table.columns, table.written, strict=True)
    return tuple(name[:100] for known, name in both if known and known not in taken)[:MAX_COLUMNS]
