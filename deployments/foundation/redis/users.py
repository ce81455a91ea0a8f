"""Each service's Redis user: its own keys, the events that it subscribes to, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from deployments.foundation.redis.connection import password
from deployments.foundation.values.partitions import layout_of

_READING = "+xgroup|create +xreadgroup +xack +xpending +xinfo|groups +xlen +xrange"
"""What a subscriber may do on a publisher's streams: have a group, read, acknowledge, look."""


def acl_rules(service: str, publishers: Iterable[str]) -> list[str]:
    """The rules of a service's user, password aside. Whatever administers the server is denied."""
    keys = [f"~{tag}:*" for tag in layout_of(service).patterns()]
    own = ["reset", "on", "resetchannels", *keys, "+@all", "-@admin", "-@dangerous"]
    return own + _selectors(publishers)


def probe_rules() -> list[str]:
    """The rules of a user that touches no key and only asks who is connected."""
    asks = ["+client|list", "+cluster|slots"]
    return ["reset", "on", "+@connection", "-@admin", "-@dangerous", *asks]


def reader_rules(publishers: Iterable[str]) -> list[str]:
    """The rules of a user that reads these publishers' events on a server that is not its own."""
    base = ["reset", "on", "resetchannels", "+@connection", "+time", "-@admin", "-@dangerous"]
    return [*base, "+cluster|slots", *_selectors(publishers)]


def _selectors(publishers: Iterable[str]) -> list[str]:
    """A selector for each publisher: further rules that hold for its event streams alone."""
    tags = (layout_of(publisher).patterns() for publisher in publishers)
    return [f"({' '.join(f'~{tag}:events:*' for tag in each)} {_READING})" for each in tags]


def password_hash(user: str, secret: str) -> str:
    """A user's password as a rule that does not tell it, for a file."""
    return "#" + hashlib.sha256(password(user, secret).encode()).hexdigest()


def set_user(user: str, rules: Iterable[str], secret: str) -> list[str]:
    """The command, in words, that creates or renews a user."""
    return ["ACL", "SETUSER", user, *rules, f">{password(user, secret)}"]
