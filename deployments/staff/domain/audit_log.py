"""How entries of the audit log are chained: each holds the hash of all before it.

An entry's text is hashed with SHA-256. The script that appends it links that to the hash before it
with the one hash that the server offers, SHA-1: what goes in is hashes and a number, none of which
anybody can choose, so that nobody can prepare two chains that end alike.
"""

from __future__ import annotations

import hashlib

BEGINNING = ""
"""What the first entry links to."""

REFS = 3
"""By how much an entry is found: its author, its subject and its action."""


def digest(entry: str) -> str:
    """The hash of an entry's text."""
    return hashlib.sha256(entry.encode()).hexdigest()


def link(before: str, number: int, entry: str) -> str:
    """The hash of an entry that follows another: `audit_log.lua` makes the same."""
    text = f"{before} {number} {digest(entry)}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
