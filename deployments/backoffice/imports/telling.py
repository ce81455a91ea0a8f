"""Why a row or a file was refused, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.backoffice.formats.items import RefusedRow
from deployments.backoffice.imports.run import ImportRun
from deployments.backoffice.language import Language


def why(language: Language, row: RefusedRow) -> str:
    """The sentence about a row; a service's own where its no is not translated."""
    found = language.text(row.message)
    if found == row.message and row.sentence:
        return row.sentence
    return _filled(found, row.values) or row.sentence or found


def trouble(language: Language, run: ImportRun) -> str:
    """Why an import failed; nothing if it did not."""
    found = language.text(run.trouble) if run.trouble else ""
    return _filled(found, run.trouble_values) or found


def _filled(sentence: str, values: Mapping[str, str | int]) -> str | None:
    try:
        return sentence % values if values else sentence
    except (KeyError, ValueError):
        return None  # A translation asks for what was not kept.
