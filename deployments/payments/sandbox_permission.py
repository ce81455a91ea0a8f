"""Where the sandbox may be the provider: it takes test tokens as money."""

from __future__ import annotations

from deployments.foundation.values.settings import settings


class SandboxRefusedError(Exception):
    """A store that others can reach would sell for test tokens; the message says what to set."""


def require_permission() -> None:
    """Raises `SandboxRefusedError` unless the store is private or the operator allows it."""
    if settings().is_exposed and settings().payments != "sandbox":
        raise SandboxRefusedError(
            "Others can reach this store, and its sandbox takes test tokens as money: set "
            "FIELDHOUSE_PAYMENTS=sandbox if that is meant."
        )
