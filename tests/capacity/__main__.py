"""Writes the tables of `docs/scale.md` anew, in half a minute."""

from __future__ import annotations

from tests.capacity.page import PAGE, with_tables

PAGE.write_text(with_tables(PAGE.read_text()))
