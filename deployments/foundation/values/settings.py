"""What the operator sets through the environment, and where the store keeps its own files."""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from datetime import timedelta
from pathlib import Path

_LONGEST_SOCKET_PATH = 100
"""A unix socket's path may have 107 bytes on Linux and 103 on macOS."""


def data_directory() -> Path:
    """Where the embedded store keeps its data: `FIELDHOUSE_DATA`, or `.data` in the project.

    Ray gives its workers other working directories, so a relative path counts from the project.
    """
    return Path(__file__).parents[3] / (os.environ.get("FIELDHOUSE_DATA") or ".data")


def own_redis_url(service: str) -> str | None:
    """The Redis of one service alone: `ORDERS_REDIS_URL`, say."""
    return os.environ.get(f"{service.upper()}_REDIS_URL") or None


def shared_redis_url() -> str | None:
    """The Redis of every service without one of its own: `REDIS_URL`."""
    return os.environ.get("REDIS_URL") or None


def is_embedded() -> bool:
    """Whether the store brings its own Redis, because the operator named none."""
    return shared_redis_url() is None


def socket_path() -> Path:
    """The fixed unix socket of the embedded server, short enough for any data directory."""
    path = data_directory().resolve() / "valkey.sock"
    if len(str(path)) <= _LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"fieldhouse-{short}.sock"


def public_url() -> str:
    """The address under which clients reach the store, without a slash at its end."""
    return os.environ.get("FIELDHOUSE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")


def rate_limits() -> str:
    """How often one client may ask, beside the defaults: `FIELDHOUSE_RATE_LIMITS`, or `off`."""
    return os.environ.get("FIELDHOUSE_RATE_LIMITS", "")


def trusted_proxies() -> int:
    """How many proxies of the operator's stand in front and append to `X-Forwarded-For`.

    None unless `FIELDHOUSE_TRUSTED_PROXIES` says so: the store's own proxy appends nothing.
    """
    return int(os.environ.get("FIELDHOUSE_TRUSTED_PROXIES") or 0)


def smtp_url() -> str | None:
    """The server that takes mail, `SMTP_URL`; none if mail is only written to files."""
    return os.environ.get("SMTP_URL") or None


def mail_sender() -> str:
    """Whom mail is from, `FIELDHOUSE_MAIL_FROM`."""
    return os.environ.get("FIELDHOUSE_MAIL_FROM") or "Fieldhouse <store@fieldhouse.example>"


def sandbox_dispatch_seconds() -> float:
    """How long the sandbox carrier waits with a parcel: `FIELDHOUSE_SANDBOX_DISPATCH_SECONDS`."""
    return _seconds("FIELDHOUSE_SANDBOX_DISPATCH_SECONDS", 5.0)


def sandbox_delivery_seconds() -> float:
    """How long it then takes to deliver it: `FIELDHOUSE_SANDBOX_DELIVERY_SECONDS`."""
    return _seconds("FIELDHOUSE_SANDBOX_DELIVERY_SECONDS", 15.0)


def _seconds(name: str, default: float) -> float:
    seconds = float(os.environ.get(name) or default)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name} takes seconds, 0 or more.")
    return seconds


def webhooks_loopback() -> bool:
    """Whether webhooks may go to this machine, and there without TLS, for development.

    `FIELDHOUSE_WEBHOOKS_LOOPBACK` takes `allow`; anything else but `refuse` is a `ValueError`.
    """
    choice = os.environ.get("FIELDHOUSE_WEBHOOKS_LOOPBACK") or "refuse"
    if choice not in {"allow", "refuse"}:
        raise ValueError("FIELDHOUSE_WEBHOOKS_LOOPBACK takes allow or refuse.")
    return choice == "allow"


def events_kept() -> timedelta:
    """How long events stay readable though everybody has read them: `FIELDHOUSE_EVENT_DAYS`."""
    return timedelta(days=float(os.environ.get("FIELDHOUSE_EVENT_DAYS") or 7))


def appendfsync() -> str:
    """When the embedded server's writes reach the disk, `FIELDHOUSE_APPENDFSYNC`.

    `everysec` survives every killed process, `always` a power cut too; a `ValueError` otherwise.
    """
    policy = os.environ.get("FIELDHOUSE_APPENDFSYNC") or "everysec"
    if policy not in {"everysec", "always"}:
        raise ValueError("FIELDHOUSE_APPENDFSYNC takes everysec or always.")
    return policy
