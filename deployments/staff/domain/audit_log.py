"""How entries of the audit log are chained: each holds the hash of all before it.

An entry's text is hashed with SHA-256. The script that appends it links that to the hash before it
with the one hash that the server offers, SHA-1: what goes in is hashes and a number, none of which
anybody can choose, so that nobody can prepare two chains that end alike.
"""

from __future__ import annotations

import hashlib

from deployments.foundation.values.authorship import Author, Change

BEGINNING = ""
"""What the first entry links to."""


def authors_of(author: Author) -> set[str]:
    """As whose an entry is found: its author's, and of a token its maker's, too."""
    return {author.id, author.person} - {""}


def times_indexed(entry: str) -> int:
    """In how many places `audit_log.lua` indexes an entry: under its authors, its subject and its
    action."""
    return len(authors_of(Change.model_validate_json(entry).author)) + 2


def digest(entry: str) -> str:
    """The hash of an entry's text."""
    return hashlib.sha256(entry.encode()).hexdigest()


def link(before: str, number: int, entry: str) -> str:
    """The hash of an entry that follows another: `audit_log.lua` makes the same."""
    text = f"{before} {number} {digest(entry)}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
