"""Each service's Redis user: its own keys, the events that it subscribes to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from deployments.foundation.redis.connection import password

_READING = "+xgroup|create +xreadgroup +xack +xpending +xinfo|groups +xlen +xrange"
"""What a subscriber may do on a publisher's streams: have a group, read, acknowledge, look."""


def acl_rules(service: str, publishers: Iterable[str]) -> list[str]:
    """The rules of a service's user, password aside. Whatever administers the server is denied."""
    own = ["reset", "on", "resetchannels", f"~{{{service}}}:*", "+@all", "-@admin", "-@dangerous"]
    return own + _selectors(publishers)


def probe_rules() -> list[str]:
    """The rules of a user that touches no key and only asks who is connected."""
    return ["reset", "on", "+@connection", "-@admin", "-@dangerous", "+client|list"]


def reader_rules(publishers: Iterable[str]) -> list[str]:
    """The rules of a user that reads these publishers' events on a server that is not its own."""
    base = ["reset", "on", "resetchannels", "+@connection", "+time", "-@admin", "-@dangerous"]
    return base + _selectors(publishers)


def _selectors(publishers: Iterable[str]) -> list[str]:
    """A selector for each publisher: further rules that hold for its event streams alone."""
    return [f"(~{{{publisher}}}:events:* {_READING})" for publisher in publishers]


def set_user(user: str, rules: Iterable[str], secret: str) -> list[str]:
    """The command, in words, that creates or renews a user."""
    return ["ACL", "SETUSER", user, *rules, f">{password(user, secret)}"]
