"""Draws an API key for a platform: the key is shown once, and its hash is what the store keeps."""

from __future__ import annotations

import secrets
import sys

from deployments.foundation.http.authentication import hash_key


def main(name: str) -> int:
    """Print a fresh key and its `FIELDHOUSE_PLATFORM_KEYS` pair; 2 if the name cannot be one."""
    if not name or any(mark in name for mark in "=, "):
        print("Name the platform: make platform-key NAME=acme", file=sys.stderr)
        return 2
    key = secrets.token_urlsafe(32)
    print(f"X-API-Key for {name}, shown only now:  {key}")
    print(f"add to FIELDHOUSE_PLATFORM_KEYS:       {name}={hash_key(key)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
