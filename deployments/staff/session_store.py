"""Sessions in Redis, and attempts to open one. The keys are in `store.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import Change
from deployments.staff.contract.credentials import Origin
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import StaffSession
from deployments.staff.domain.secrets import hashed
from deployments.staff.domain.sign_in import (
    BY_ACCOUNT,
    BY_ADDRESS,
    CHALLENGE_TRIES,
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

_SCRIPTS = ("begin_attempt", "sign_in", "try_challenge", "use_session", "end_sessions")
SignInOutcome = Literal["done", "stale", "used"]


class Attempt(NamedTuple):
    """An attempt to sign in: how long to wait (ms; 0 to go on), and what the account is.

    A success deletes `counters`, and takes the attempt back from that of the `network`, which
    others share; there is none if the attempt did not count there.
    """

    wait: int
    known_device: bool
    person: Person | None
    password: str | None
    counters: tuple[str, ...]
    network: str | None = None


class Factor(NamedTuple):
    """What stands for the second factor: a challenge, and the step or the hash of its answer."""

    challenge: str
    step: int | None = None
    recovery_code: str | None = None


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

    async def begin_attempt(self, email: str, origin: Origin, now: datetime) -> Attempt:
        """Count an attempt to sign in, unless it comes too soon after others."""
        device = None if origin.device is None else hashed(origin.device)
        account, own = counters_of(email, origin)
        strangers, network = [_counter(account, BY_ACCOUNT)], None
        if origin.address:
            network = counter_of("address", network_of(origin.address))
            strangers.append(_counter(network, BY_ADDRESS))
        asked = {"device": device, "own": _counter(own, BY_ACCOUNT), "strangers": strangers}
        attempt = await self._attempt(email, asked, (account, own), now)
        return attempt if attempt.known_device else attempt._replace(network=network)

    async def attempt_in(self, session: str, email: str, now: datetime) -> Attempt:
        """Count an attempt to tell the password again, in a session that is open."""
        own = counter_of("session", session)
        asked = {"trusted": True, "own": _counter(own, BY_ACCOUNT)}
        return await self._attempt(email, asked, (own,), now)

    async def _attempt(
        self, email: str, asked: Mapping[str, object], counters: tuple[str, ...], now: datetime
    ) -> Attempt:
        forgotten = milliseconds(now + FORGOTTEN)
        common = {"email": email, "forgotten": forgotten, "now": milliseconds(now)}
        found = cast(Any, await self._run("begin_attempt", {**asked, **common}))
        wait, known, record, password = found
        person = Person.model_validate_json(record) if record else None
        return Attempt(int(wait), bool(known), person, password, counters)

    async def succeeded(self, attempt: Attempt) -> None:
        """Take an attempt back whose password was right."""
        await self._redis.delete(*(f"{{staff}}:attempts:{one}" for one in attempt.counters))

    async def challenge(
        self, hash_: str, person: Person, network: str | None, until: datetime
    ) -> None:
        """Keep a challenge for whoever has the password of a person; `network` is where the attempt
        was counted."""
        key = f"{{staff}}:challenge:{hash_}"
        kept = {
            "email": person.email,
            "version": str(person.version),
            "ends_at": milliseconds(until),
            **({"network": network} if network else {}),
        }
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, mapping=cast(Any, kept))
            pipe.pexpireat(key, int(milliseconds(until)))
            await pipe.execute()

    async def try_challenge(self, hash_: str, now: datetime) -> tuple[Person, str | None] | None:
        """Who is to answer a challenge, and his authenticator's secret; none if it is over, or was
        answered too often."""
        asked = {"challenge": hash_, "now": milliseconds(now), "most": CHALLENGE_TRIES}
        found = cast(Any, await self._run("try_challenge", asked))
        return (Person.model_validate_json(found[0]), found[1]) if found else None

    async def open(
        self,
        opening: Opening,
        person: Person,
        change: Change,
        *,
        succeeded: Sequence[str],
        network: str | None = None,
        password: str | None = None,
        factor: Factor | None = None,
    ) -> SignInOutcome:
        """Open a session for a person, if he has not changed since and the factor was not used.

        `password` is a new hash of the same password."""
        asked = {
            "session": opening.session,
            "device": opening.device,
            "version": person.version,
            "most": MOST_SESSIONS,
            "succeeded": list(succeeded),
            "network": network,
            "password": password,
            **(factor._asdict() if factor else {}),
            "entry": entry_of(change),
        }
        return cast(SignInOutcome, await self._run("sign_in", asked))

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

    async def of_person(self, email: str, current: str | None, now: datetime) -> list[StaffSession]:
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


def counters_of(email: str, origin: Origin) -> tuple[str, str]:
    """What counts the attempts at an account: of strangers, and of one device."""
    device = None if origin.device is None else hashed(origin.device)
    return counter_of("account", email), counter_of("device", f"{email}\n{device}")


def _counter(name: str, slowing: Slowing) -> Mapping[str, object]:
    first, longest = (int(one.total_seconds() * 1000) for one in slowing[1:])
    return {"name": name, "free": slowing.free, "first": first, "longest": longest}


def _session(fields: Mapping[str, str], current: str | None) -> StaffSession:
    return StaffSession(
        id=fields["id"],
        opened_at=moment(fields["opened_at"]),
        used_at=moment(fields["used_at"]),
        until=moment(fields["ends_at"]),
        address=fields["address"],
        agent=fields["agent"],
        second_factor=fields["second_factor"] == "1",
        current=fields["id"] == current,
    )
