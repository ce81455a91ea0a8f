"""Which platform is calling: `X-API-Key`, of which the store knows only the hash.

`FIELDHOUSE_PLATFORM_KEYS` holds `platform=sha256-of-key` pairs, separated by commas. Keys are long
and random, so a plain SHA-256 of them cannot be searched. Without the setting an embedded store
knows one platform whose key is public, for development; a store of which any service is on an
external Redis refuses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from deployments.foundation.redis.users import SERVICES
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
    configured = settings().platform_keys.split(",")
    pairs = (pair.strip().partition("=") for pair in configured if pair.strip())
    keys = {digest: platform for platform, _, digest in pairs}
    if _is_external() and (not keys or hash_key(DEVELOPMENT_KEY) in keys):
        raise PlatformKeysMissingError(
            "An external Redis is set, so the development key is refused: set "
            "FIELDHOUSE_PLATFORM_KEYS to platform=sha256 pairs "
            "(`make platform-key NAME=acme` prints one)."
        )
    return keys or {hash_key(DEVELOPMENT_KEY): DEVELOPMENT_PLATFORM}


def _is_external() -> bool:
    said = settings()
    return not said.is_embedded or any(said.own_redis_url(service) for service in SERVICES)


def authenticate(key: str | None, keys: Mapping[str, str]) -> str | None:
    """The platform whose key this is, or none."""
    return keys.get(hash_key(key)) if key else None
