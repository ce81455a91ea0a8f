"""The Redis users that the topology asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deployments.foundation.redis import users
from deployments.topology import DATASTORE, SUBSCRIPTIONS


def rules_of(user: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS) -> list[str]:
    """The rules of a service's user, or of the datastore's, password aside."""
    if user == DATASTORE:
        return users.probe_rules()
    return users.acl_rules(user, subscriptions.get(user, ()))


def set_user(
    user: str, secret: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> list[str]:
    """The command, in words, that creates or renews a user on its own server."""
    return users.set_user(user, rules_of(user, subscriptions), secret)


def set_reader(service: str, publishers: Iterable[str], secret: str) -> list[str]:
    """The command, in words, that creates or renews a service's user on publishers' own server."""
    return users.set_user(service, users.reader_rules(publishers), secret)
