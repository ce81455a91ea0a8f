"""UCP's carts, checkouts and orders as tables that a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table

from commands.storefront import Json, StoreError
from deployments.foundation.values.money import format_money

_WIDTH = 96


class ReceiptPage:
    """Where the story is written: in colour on a terminal, as plain text elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, markup=False, emoji=False)
        if not self.console.is_terminal:
            self.console.width = _WIDTH
        self._box: Box = SIMPLE_HEAD if self.console.is_terminal else ASCII
        self._step = 0

    def step(self, title: str) -> None:
        """Begin the next chapter."""
        self._step += 1
        self.console.print(f"\n{self._step}. {title}", style="bold cyan")

    def call(self, line: str) -> None:
        """One request and how it was answered."""
        self.console.print(f"   {line}", style="dim", soft_wrap=True)

    def say(self, sentence: str, style: str = "") -> None:
        """A sentence of the story."""
        self.console.print(f"   {sentence}", style=style or None, soft_wrap=True)

    def messages(self, shown: Json) -> None:
        """What the store says about a cart or a checkout."""
        for message in shown.get("messages", []):
            style = "yellow" if message["type"] == "error" else "blue"
            place = f" at {message['path']}" if "path" in message else ""
            self.say(f"{message['type']} {message['code']}{place}: {message['content']}", style)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; a header that ends in `>` is that of a column of numbers."""
        table = Table(box=self._box, header_style="bold")
        for header in headers:
            justify = "right" if header.endswith(">") else "left"
            table.add_column(header.rstrip(">"), justify=justify)  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    def receipt(self, shown: Json) -> None:
        """The lines and totals of a cart, a checkout or an order, which must add up."""
        check(shown)
        currency = shown["currency"]
        lines = [_line(line, currency) for line in shown["line_items"]]
        totals = [_total(entry, currency) for entry in shown["totals"]]
        self.table(["Quantity>", "Item", "Each>", "Amount>"], [*lines, ["", "", "", ""], *totals])


def _line(line: Json, currency: str) -> list[str]:
    quantity, item = line["quantity"], line["item"]
    units = quantity["total"] if isinstance(quantity, dict) else quantity
    title = f"{item['title']} ({item['id']})"
    subtotal = format_money(_sum_of(line, "subtotal"), currency)
    return [str(units), title, format_money(item["price"], currency), subtotal]


def _total(entry: Json, currency: str) -> list[str]:
    name = str(entry.get("display_text", entry["type"]))
    return ["", name, "", format_money(entry["amount"], currency)]


def _sum_of(shown: Json, *kinds: str) -> int:
    return sum(entry["amount"] for entry in shown["totals"] if entry["type"] in kinds)


def amounts(shown: Json) -> list[tuple[str, int]]:
    """The totals by their kind, without their words."""
    return [(entry["type"], entry["amount"]) for entry in shown["totals"]]


def check(shown: Json) -> None:
    """Raises `StoreError` unless the totals, and those of each line, add up to the cent."""
    for priced in (shown, *shown["line_items"]):
        total = _sum_of(priced, "total")
        parts = sum(entry["amount"] for entry in priced["totals"]) - total
        if parts != total:
            raise StoreError(f"The totals of {priced['id']} do not add up: {parts} is not {total}.")
    subtotals = sum(_sum_of(line, "subtotal") for line in shown["line_items"])
    if subtotals != _sum_of(shown, "subtotal"):
        raise StoreError(f"The lines of {shown['id']} do not add up to its subtotal.")
