"""Everything that an operator sets through the environment, in one class.

A variable's name is its field's in capitals after `FIELDHOUSE_`, unless the field names another.
An empty variable counts as unset. `docs/configuration.md` is generated from the class.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import tempfile
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from pydantic import SecretStr, ValidationError

from deployments.foundation.values.setting_sections import (
    ClientSettings,
    EdgeSettings,
    MailSettings,
    OrderDurability,
    RedisSettings,
    ServerSettings,
)
from deployments.foundation.values.setting_words import mistakes

__all__ = ["OrderDurability", "Settings", "SettingsError", "revealed", "settings"]
SECTIONS = (ServerSettings, RedisSettings, EdgeSettings, MailSettings, ClientSettings)
_PROJECT = Path(__file__).parents[3]
_LONGEST_SOCKET_PATH = 100
"""A unix socket's path may have 107 bytes on Linux and 103 on macOS."""


class SettingsError(ValueError):
    """The environment says something that no setting takes; the message is a sentence for each."""


class Settings(ServerSettings, RedisSettings, EdgeSettings, MailSettings, ClientSettings):
    """What the environment says. A value never shows in a message, because it may be a secret."""

    @property
    def data_directory(self) -> Path:
        """Where the embedded store keeps its data."""
        return _PROJECT / self.data

    @property
    def pictures_place(self) -> str:
        """Where pictures of products are: a directory's path, or a bucket's address."""
        if self.pictures is None:
            return str(self.data_directory / "pictures")
        return self.pictures if "://" in self.pictures else str(_PROJECT / self.pictures)

    @property
    def socket_path(self) -> Path:
        """The fixed unix socket of the embedded server, short enough for any data directory."""
        path = self.data_directory.resolve() / "valkey.sock"
        if len(str(path)) <= _LONGEST_SOCKET_PATH:
            return path
        short = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"fieldhouse-{short}.sock"

    @property
    def is_embedded(self) -> bool:
        """Whether the store brings its own Redis, because the operator named none."""
        return self.redis_url is None

    @property
    def is_exposed(self) -> bool:
        """Whether others can reach the store: then it may not trust what is public.

        Its API listens beyond this machine, or some state lies outside the store.
        """
        inside = self.is_embedded and not self.own_redis_urls
        return not (inside and is_loopback(self.host))

    @property
    def shared_redis_url(self) -> str | None:
        """The Redis of every service without one of its own."""
        return revealed(self.redis_url)

    def own_redis_url(self, service: str) -> str | None:
        """The Redis of one service alone; none if it has none."""
        return revealed(self.own_redis_urls.get(service))

    @property
    def local_url(self) -> str:
        """The API's address as this machine reaches it."""
        return local_url(self.host, self.port)

    @property
    def allows_loopback_webhooks(self) -> bool:
        """Whether webhooks may go to this machine, and there without TLS."""
        return self.webhooks_loopback == "allow"

    @property
    def events_kept(self) -> timedelta:
        """How long events stay readable after everybody has read them."""
        return timedelta(days=self.event_days)

    @property
    def pictures_kept(self) -> timedelta:
        """How long a picture's file stays that no product shows."""
        return timedelta(days=self.picture_days)

    @property
    def audit_kept(self) -> timedelta:
        """How long the audit log keeps an entry."""
        return timedelta(days=self.audit_days)


def settings() -> Settings:
    """What the environment says now. Raises `SettingsError` for a value that makes no sense."""
    return _read(frozenset(os.environ.items()))


@lru_cache(maxsize=4)
def _read(_environment: frozenset[tuple[str, str]]) -> Settings:
    # It is read again only when it has changed: a request may ask, and tests change it.
    try:
        return Settings()
    except ValidationError as invalid:
        raise SettingsError(mistakes(Settings.model_fields, invalid)) from None


def local_url(host: str, port: int) -> str:
    """The address under which this machine reaches what listens on a host and a port."""
    host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host, an address or a name, is this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def revealed(secret: SecretStr | None) -> str | None:
    """A secret's text, for whoever must use it."""
    return None if secret is None else secret.get_secret_value()
