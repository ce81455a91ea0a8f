"""Sessions in Redis, and attempts to open one. The keys are in `store.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import Change
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import Session
from deployments.staff.domain.sign_in import (
    BY_ACCOUNT,
    BY_ADDRESS,
    FORGOTTEN,
    IDLE,
    MOST_SESSIONS,
    Slowing,
    counter_of,
    network_of,
)
from deployments.staff.store import (
    LUA,
    PRELUDES,
    Opening,
    arguments,
    entry_of,
    milliseconds,
    moment,
)

_SCRIPTS = ("begin_attempt", "sign_in", "use_session", "end_sessions")


class Attempt(NamedTuple):
    """An attempt to sign in: how long to wait (ms; 0 to go on), and what the account is.

    `counters` are those that a success takes back.
    """

    wait: int
    known_device: bool
    person: Person | None
    password: str | None
    counters: tuple[str, ...]


class OpenSession(NamedTuple):
    """A session that is not over, and whose it is."""

    id: str
    until: datetime
    second_factor: bool
    person: Person


class SessionStore:
    """Sessions of one Redis. Methods are one round trip, unless they say otherwise."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = {name: script(redis, LUA / f"{name}.lua", *PRELUDES) for name in _SCRIPTS}

    async def begin_attempt(
        self, email: str, address: str, device: str | None, now: datetime
    ) -> Attempt:
        """Count an attempt, unless it comes too soon after others."""
        account = counter_of("account", email)
        own = counter_of("device", f"{email}\n{device}")
        strangers = [_counter(account, BY_ACCOUNT)]
        if address:
            strangers.append(_counter(counter_of("address", network_of(address)), BY_ADDRESS))
        asked = {
            "email": email,
            "device": device,
            "own": _counter(own, BY_ACCOUNT),
            "strangers": strangers,
            "forgotten": milliseconds(now + FORGOTTEN),
            "now": milliseconds(now),
        }
        wait, known, person, password = cast(Any, await self._run("begin_attempt", asked))
        found = Person.model_validate_json(person) if person else None
        return Attempt(int(wait), bool(known), found, password, (account, own))

    async def open(
        self,
        opening: Opening,
        person: Person,
        change: Change,
        *,
        succeeded: Sequence[str],
        password: str | None = None,
    ) -> bool:
        """Open a session for a person; false if he has changed since. `password` is a new hash of
        the same password."""
        asked = {
            "session": opening.session,
            "device": opening.device,
            "version": person.version,
            "most": MOST_SESSIONS,
            "succeeded": list(succeeded),
            "password": password,
            "entry": entry_of(change),
        }
        return await self._run("sign_in", asked) == "done"

    async def use(self, hash_: str, now: datetime) -> OpenSession | None:
        """The session with this hash, used now; none if there is none, or it is over."""
        asked = {
            "session": hash_,
            "now": milliseconds(now),
            "idle": int(IDLE.total_seconds() * 1000),
        }
        found = cast(list[str] | None, await self._run("use_session", asked))
        if not found:
            return None
        id_, until, second_factor, person = found
        known = Person.model_validate_json(person)
        return OpenSession(id_, moment(until), second_factor == "1", known)

    async def of_person(self, email: str, current: str | None, now: datetime) -> list[Session]:
        """A person's sessions, the one used last first; in two round trips."""
        hashes = await cast(Any, self._redis.hvals(f"{{staff}}:sessions:{email}"))
        async with self._redis.pipeline(transaction=False) as pipe:
            for hash_ in hashes:
                pipe.hgetall(f"{{staff}}:session:{hash_}")
            found = await pipe.execute()
        sessions = (_session(fields, current) for fields in found if fields)
        standing = (one for one in sessions if one.until > now and one.used_at + IDLE > now)
        return sorted(standing, key=lambda one: one.used_at, reverse=True)

    async def end(
        self, email: str, change: Change, *, id_: str | None = None, kept: str | None = None
    ) -> int:
        """End one session of a person, or all but `kept`; how many there were."""
        asked = {"email": email, "id": id_, "kept": kept, "entry": entry_of(change)}
        return cast(int, await self._run("end_sessions", asked))

    async def _run(self, name: str, asked: Mapping[str, object]) -> object:
        return await self._scripts[name](args=[arguments(asked)])


def _counter(name: str, slowing: Slowing) -> Mapping[str, object]:
    first, longest = (int(one.total_seconds() * 1000) for one in slowing[1:])
    return {"name": name, "free": slowing.free, "first": first, "longest": longest}


def _session(fields: Mapping[str, str], current: str | None) -> Session:
    return Session(
        id=fields["id"],
        opened_at=moment(fields["opened_at"]),
        used_at=moment(fields["used_at"]),
        until=moment(fields["ends_at"]),
        address=fields["address"],
        agent=fields["agent"],
        second_factor=fields["second_factor"] == "1",
        current=fields["id"] == current,
    )
