"""Where a command writes for people: in colour on a terminal, as plain text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table

_WIDTH = 96
_WIDE = 200


class ConsolePage:
    """Numbered steps, sentences and tables; `width` counts where there is no terminal."""

    def __init__(self, console: Console | None = None, *, width: int = _WIDTH) -> None:
        self.console = console or Console(highlight=False, markup=False, emoji=False)
        if not self.console.is_terminal:
            self.console.width = width
        self._box: Box = SIMPLE_HEAD if self.console.is_terminal else ASCII
        self._step = 0

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._step += 1
        self.console.print(f"\n{self._step}. {title}", style="bold cyan")

    def call(self, line: str) -> None:
        """One request and how it was answered."""
        self.console.print(f"   {line}", style="dim", soft_wrap=True)

    def say(self, sentence: str, style: str = "") -> None:
        """A sentence."""
        self.console.print(f"   {sentence}", style=style or None, soft_wrap=True)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; a header that ends in `>` is that of a column of numbers."""
        table = Table(box=self._box, header_style="bold")
        for header in headers:
            justify = "right" if header.endswith(">") else "left"
            table.add_column(header.rstrip(">"), justify=justify)  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*row)
        self.console.print(table)


def wide_page() -> ConsolePage:
    """A page for tables whose lines a machine may read too."""
    return ConsolePage(width=_WIDE)
