"""Which platform is calling: `X-API-Key`, of which the store knows only the hash.

`FIELDHOUSE_PLATFORM_KEYS` holds `platform=sha256-of-key` pairs, separated by commas. Keys are long
and random, so a plain SHA-256 of them cannot be searched. Without the setting the store knows one
platform whose key is public, for development; a store that others can reach refuses it, unless
`FIELDHOUSE_DEVELOPMENT_KEY` allows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from deployments.foundation.values.settings import settings

DEVELOPMENT_PLATFORM = "dev-platform"
DEVELOPMENT_KEY = "dev-platform-key"


class PlatformKeysMissingError(Exception):
    """The store would be open to everybody; the message says what to set."""


def hash_key(key: str) -> str:
    """The form in which a platform's key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def platform_keys() -> Mapping[str, str]:
    """Platforms by the hash of their key; `PlatformKeysMissingError` where that is unsafe."""
    said = settings()
    configured = said.platform_keys.split(",")
    pairs = (pair.strip().partition("=") for pair in configured if pair.strip())
    keys = {digest: platform for platform, _, digest in pairs}
    keys = keys or {hash_key(DEVELOPMENT_KEY): DEVELOPMENT_PLATFORM}
    refused = said.is_exposed and said.development_key == "refuse"
    if refused and hash_key(DEVELOPMENT_KEY) in keys:
        raise PlatformKeysMissingError(
            "Others can reach this store, so the public development key is refused: set "
            "FIELDHOUSE_PLATFORM_KEYS to platform=sha256 pairs (`fieldhouse platform-key acme` "
            "prints one), or FIELDHOUSE_DEVELOPMENT_KEY=allow."
        )
    return keys


def authenticate(key: str | None, keys: Mapping[str, str]) -> str | None:
    """The platform whose key this is, or none."""
    return keys.get(hash_key(key)) if key else None
