"""Identifiers that nobody can guess."""

from __future__ import annotations

import secrets


def new_id(kind: str) -> str:
    """A fresh identifier such as `cart_…`, with 128 random bits."""
    return f"{kind}_{secrets.token_hex(16)}"
