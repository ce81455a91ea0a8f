"""The Redis users that the topology asks for, and on which server each is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from deployments.foundation.redis import users
from deployments.foundation.values.settings import settings
from deployments.topology import DATASTORE, SUBSCRIPTIONS, USERS


class RedisUser(NamedTuple):
    """A user of some server: its name, and its rules, password aside."""

    name: str
    rules: list[str]


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


def acl_line(user: str, rules: Iterable[str], secret: str) -> str:
    """A user as a line of a server's configuration or ACL file; its password's hash is in it."""
    return f"user {user} {' '.join(rules)} {users.password_hash(user, secret)}"


def users_by_server(
    shared: str | None, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> dict[str, list[RedisUser]]:
    """The users that each server needs beside its URL's own, by that URL.

    On `shared`, unless that is none, those are the services that have no Redis of their own; on
    each server, the subscribers that live elsewhere and read events there.
    """
    wanted: dict[str, list[RedisUser]] = {}
    if shared is not None:
        residents = [user for user in USERS if settings().own_redis_url(user) is None]
        own = [RedisUser(user, rules_of(user, subscriptions)) for user in residents]
        wanted[shared] = own + _readers_at(None, subscriptions)
    for url in own_urls(subscriptions):
        wanted[url] = [*wanted.get(url, []), *_readers_at(url, subscriptions)]
    return wanted


def own_urls(subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS) -> set[str]:
    """The servers of their own that publishers have."""
    publishers = {publisher for read in subscriptions.values() for publisher in read}
    return {
        url for publisher in publishers if (url := settings().own_redis_url(publisher)) is not None
    }


def _readers_at(home: str | None, subscriptions: Mapping[str, Iterable[str]]) -> list[RedisUser]:
    """Users that only read events on a server; `home` none is the shared one."""
    readers = []
    for subscriber, read in subscriptions.items():
        here = [publisher for publisher in read if settings().own_redis_url(publisher) == home]
        if here and settings().own_redis_url(subscriber) != home:
            readers.append(RedisUser(subscriber, users.reader_rules(here)))
    return readers
