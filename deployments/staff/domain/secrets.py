"""Random texts that open something, and the hashes under which they are kept."""

from __future__ import annotations

import hashlib
import secrets

from pydantic import SecretStr

_RANDOM_BYTES = 32


def new_secret(prefix: str = "") -> SecretStr:
    """A text with 256 random bits; a prefix lets scanners of repositories tell what it is."""
    return SecretStr(f"{prefix}{secrets.token_urlsafe(_RANDOM_BYTES)}")


def hashed(secret: SecretStr) -> str:
    """Under which hash a secret is kept. What is random needs no slow hash."""
    return hashlib.sha256(secret.get_secret_value().encode(errors="replace")).hexdigest()
