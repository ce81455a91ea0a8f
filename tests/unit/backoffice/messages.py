"""All sentences of the back office, and what the catalogues say for them.

    python -m tests.unit.backoffice.messages

adds to every catalogue what it lacks, untranslated: a test says so until somebody translates it.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from deployments.backoffice import language

ROOT = Path(language.__file__).parent
_CODE = {"text": None, "message": None, "texts": (1, 2), "ValueError": None}
_PAGES = {"_": None, "ngettext": (1, 2)}


def sentences() -> Catalog:
    """Every sentence in code and templates."""
    found = Catalog()
    for methods, keywords in (
        ([("**.py", "python")], _CODE),
        ([("**.html", "jinja2.ext:babel_extract")], _PAGES),
    ):
        for _, _, text, _, _ in extract_from_dir(str(ROOT), methods, keywords=keywords):
            found.add(text)
    return found


def catalogue(code: str) -> Catalog:
    """What a catalogue says."""
    with (language.CATALOGUES / f"{code}.po").open("rb") as source:
        return read_po(source, locale=code)


def complete(code: str) -> None:
    """Add what a catalogue lacks, and drop what nobody says any more."""
    known = catalogue(code)
    kept = [one for one in known if one.id and str(one.id).startswith(REJECTIONS)]
    known.update(sentences(), no_fuzzy_matching=True)
    for one in kept:
        known.add(one.id, one.string)
    known.obsolete.clear()
    with (language.CATALOGUES / f"{code}.po").open("wb") as target:
        write_po(target, known, no_location=True, omit_header=True, width=100, sort_output=True)


REJECTIONS = ("staff.", "catalog.", "inventory.", "orders.", "payments.", "pricing.", "request.")
"""What the keys of rejections begin with: they are translated by their code."""

if __name__ == "__main__":
    for each in language.LANGUAGES:
        if each != language.DEFAULT:
            complete(each)
